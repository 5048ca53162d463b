export { LiveRedis } from './live/live-redis.js';
export { Whispers } from './live/whispers.js';
export { inspectRedis, type RedisFindings, type RedisServerFindings } from './redis/inspect-redis.js';
export { openRedis, type RedisClient } from './redis/redis-client.js';
export { describeRedis } from './redis/redis-url.js';
export { Circuit } from './remote/circuit.js';
export { RemoteConfig } from './remote/remote.config.js';
export { RemoteModule } from './remote/remote.module.js';
