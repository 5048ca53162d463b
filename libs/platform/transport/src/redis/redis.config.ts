import { IsOptional, Validate } from 'class-validator';
import { Env } from '#platform/core';
import { IsCertificateFile, IsRedisUrl } from './redis.rules.js';

/** Where Redis is, and what is known of it. */
export class RedisConfig {
  @Env('REDIS_URL', {
    description: 'Redis 7 through which contexts in different processes call each other, and in which processes share what is live: '
      + 'quotas, answers under way. redis://host, redis+sentinel://host1,host2,host3/primary or redis+cluster://host1,host2,host3; with '
      + 'rediss in place of redis over TLS. Not needed while one process hosts every context.',
    secret: true,
  })
  @IsOptional() @Validate(IsRedisUrl)
  redisUrl?: string;

  @Env('ATOLL_REDIS_CA', {
    description: 'File with the certificate (PEM) of the authority that signed that of Redis, where REDIS_URL begins with rediss. '
      + 'Without it those that Node and NODE_EXTRA_CA_CERTS know are believed.',
  })
  @IsOptional() @Validate(IsCertificateFile)
  redisCa?: string;
}
