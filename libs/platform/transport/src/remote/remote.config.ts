import { IsInt, IsOptional, Max, Min, Validate } from 'class-validator';
import { Env } from '#platform/core';
import { IsCertificateFile, IsRedisUrl } from '../redis/redis.rules.js';

/** How contexts in different processes reach each other. */
export class RemoteConfig {
  @Env('REDIS_URL', { description: 'Redis 7 through which contexts in different processes call each other, and in which processes share what is live: quotas, answers under way. redis://host, redis+sentinel://host1,host2,host3/primary or redis+cluster://host1,host2,host3; with rediss in place of redis over TLS. Not needed while one process hosts every context.', secret: true })
  @IsOptional() @Validate(IsRedisUrl)
  redisUrl?: string;

  @Env('ATOLL_REDIS_CA', { description: 'File with the certificate (PEM) of the authority that signed that of Redis, where REDIS_URL begins with rediss. Without it those that Node and NODE_EXTRA_CA_CERTS know are believed.' })
  @IsOptional() @Validate(IsCertificateFile)
  redisCa?: string;

  @Env('ATOLL_CALL_LIMIT', { description: 'Longest message of a call between processes, in characters.' })
  @IsInt() @Min(10_000) @Max(100_000_000)
  callLimit: number = 8_000_000;

  @Env('ATOLL_CALL_CONCURRENCY', { description: 'Calls of one context from other processes that this process works on at once.' })
  @IsInt() @Min(1) @Max(100_000)
  callConcurrency: number = 500;

  @Env('ATOLL_CALL_TAKEOVER_MS', { description: 'Milliseconds without a sign of life of a replica after which another one takes its calls over.' })
  @IsInt() @Min(500) @Max(600_000)
  takeoverMs: number = 5_000;
}
