export { BestEffortRedis } from './redis/best-effort-redis.js';
export { inspectRedis, type RedisFindings, type RedisServerFindings } from './redis/inspect-redis.js';
export { openRedis, type RedisClient } from './redis/redis-client.js';
export { RedisPubSub } from './redis/redis-pub-sub.js';
export { describeRedis } from './redis/redis-url.js';
export { RedisConfig } from './redis/redis.config.js';
export { RpcConfig } from './rpc/rpc.config.js';
export { RpcModule, startRpc } from './rpc/rpc.module.js';
