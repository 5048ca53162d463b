import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { current } from '#platform/core';
import { type Received, defineEvent } from '../src/api/define-event.js';
import { On } from '../src/api/on.decorator.js';
import { type RunningJob, defineJob } from '../src/api/define-job.js';
import { Job } from '../src/api/job.decorator.js';
import { Desk, testWiring } from './office.js';

export const crashed = defineEvent<{ n: string }>('crash.happened', 1);
export const mend = defineJob<{ n: string }>('crash.mend', { attempts: 20, backoffMs: 10, concurrency: 4 });

/** Handlers that take their time and stumble, so that a kill finds them at every step. */
@Injectable()
class CrashHands {
  constructor(private readonly desk: Desk) {}

  @On(crashed, 'crash.first', { attempts: 20, backoffMs: 10 })
  first({ data }: Received<typeof crashed>): Promise<void> {
    return this.desk.note(current().tenantId, 'crash', `first ${data.n}`);
  }

  @On(crashed, 'crash.second', { attempts: 20, backoffMs: 10 })
  async second({ data }: Received<typeof crashed>): Promise<void> {
    await this.desk.note(current().tenantId, 'crash', `second ${data.n}`);
    if (Math.random() < 0.05) throw new Error('stumbled');
  }

  @Job(mend)
  async mend(job: RunningJob<typeof mend>): Promise<void> {
    await sleep(Math.random() * 10);
    await job.once(() => this.desk.note(current().tenantId, 'crash', `job ${job.data.n}`));
    await sleep(Math.random() * 10);
    if (Math.random() < 0.1) throw new Error('stumbled after its work was done');
  }
}

export const crash = testWiring('crash', [CrashHands]);
