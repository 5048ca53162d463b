import { Cluster } from 'ioredis';
import type { RedisClient } from './redis-client.js';

/** One command of several, and who waits for its answer. */
export interface Together {
  command: string;
  args: (string | number)[];
  resolve: (answer: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * To a server in one write. Over a cluster each goes to the node of its key, since a pipeline there may touch one node only, and what is
 * published through the one connection that keeps its order.
 */
export async function sendTogether(redis: RedisClient, commands: Together[]): Promise<void> {
  if (redis instanceof Cluster) {
    await Promise.all(commands.map(({ command, args, resolve, reject }) => {
      const answer = command === 'PUBLISH' ? redis.publish(...(args as [string, string])) : redis.call(command, ...args);
      return answer.then(resolve, reject);
    }));
    return;
  }
  const pipeline = redis.pipeline();
  for (const { command, args, resolve, reject } of commands) {
    pipeline.call(command, ...args, (error: Error | null | undefined, answer: unknown) => (error ? reject(error) : resolve(answer)));
  }
  await pipeline.exec();
}
