export * from './eventually.js';
export * from './proof.js';
export * from './repo-root.js';
export * from './model-server/reply.js';
export * from './model-server/model-server.js';
export * from './model-server/spawn.js';
export * from './postgres.js';
export * from './redis.js';
