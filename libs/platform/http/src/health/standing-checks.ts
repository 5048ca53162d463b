import type { INestApplicationContext } from '@nestjs/common';
import { AppError } from '#platform/core';
import { Databases } from '#platform/database';
import { WorkerHost } from '#platform/messaging';
import { BestEffortRedis } from '#platform/transport';
import { Readiness } from './readiness.js';

/** A delivery that has been due for so long says that handlers are too few, or none. */
const LATE_SECONDS = 60;

/** What every process is asked: the database must answer; Redis and the queue are shown, and never take a process out of service. */
export function addStandingChecks(app: INestApplicationContext): void {
  const find = <T>(token: abstract new (...args: never[]) => T): T => app.get(token, { strict: false });
  const [readiness, databases, redis, workers] = [find(Readiness), find(Databases), find(BestEffortRedis), find(WorkerHost)];
  readiness.add('database', async () => {
    const states = await databases.everywhere<{ readOnly: boolean }>('asks whether the database answers, and takes writes',
      `select current_setting('transaction_read_only')::boolean as "readOnly"`);
    if (states.some(({ readOnly }) => readOnly)) throw new AppError('unavailable', 'kernel.database-read-only',
      'the database takes no writes');
  });
  if (redis.configured) readiness.add('redis', () => Promise.resolve({ answers: redis.up, degraded: !redis.up }));
  readiness.add('delivery', async () => {
    const { oldest, ...counts } = await workers.backlog();
    return { ...counts, oldestSeconds: Math.round(Math.max(0, oldest)), degraded: oldest > LATE_SECONDS };
  });
}
