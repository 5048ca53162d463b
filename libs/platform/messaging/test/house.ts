import { Injectable } from '@nestjs/common';
import { current } from '#platform/core';
import { type Received, defineEvent } from '../src/api/define-event.js';
import { On } from '../src/api/on.decorator.js';
import { type RunningJob, defineJob } from '../src/api/define-job.js';
import { Cron, Job, type Tick } from '../src/api/job.decorator.js';
import { Desk, testWiring } from './office.js';

/** A shop that sells and packs, and a depot that hears of it: the two contexts of the conformance suite. */
export interface Sale {
  item: string;
}

export const sold = defineEvent<Sale>('shop.sold', 1);
export const soldAnew = defineEvent<Sale & { colour: string }>('shop.sold', 2);
export const pack = defineJob<Sale>('shop.pack', { attempts: 3, backoffMs: 20, concurrency: 4 });
export const wrap = defineJob<Sale>('shop.wrap', { attempts: 2, backoffMs: 20, concurrency: 1, timeoutMs: 300 });

type Part = 'depot.count' | 'shop.thank' | 'shop.pack' | 'shop.wrap';
type Handle = (message: Received<Sale> & RunningJob<Sale>) => unknown;

/** What a handler does for one tenant: specs set it, so that each case has its own tenant and all share the booted processes. */
const behaviours = new Map<string, Handle>();

export function behave(tenantId: string, part: Part, handle: Handle): void {
  behaviours.set(`${tenantId} ${part}`, handle);
}

function act(part: Part, message: unknown): unknown {
  return behaviours.get(`${current().tenantId} ${part}`)?.(message as Parameters<Handle>[0]);
}

/** Every handler leaves one row per effect, in the transaction that should make it happen once. */
@Injectable()
class ShopHands {
  constructor(private readonly desk: Desk) {}

  @On(sold, 'shop.thank', { attempts: 3, backoffMs: 20, timeoutMs: 500 })
  async thank(event: Received<typeof sold>): Promise<void> {
    await this.desk.note(current().tenantId, 'shop', `thank ${event.data.item}`);
    await act('shop.thank', event);
  }

  @Job(pack)
  async pack(job: RunningJob<typeof pack>): Promise<unknown> {
    const result = await act('shop.pack', job);
    await job.once(() => this.desk.note(current().tenantId, 'shop', `pack ${job.data.item}`));
    return result;
  }

  @Job(wrap)
  async wrap(job: RunningJob<typeof wrap>): Promise<unknown> {
    await this.desk.note(current().tenantId, 'shop', `wrap ${job.data.item}`);
    return act('shop.wrap', job);
  }
}

@Injectable()
class DepotHands {
  constructor(private readonly desk: Desk) {}

  @On(sold, 'depot.count', { attempts: 3, backoffMs: 20 })
  async count(event: Received<typeof sold>): Promise<void> {
    await this.desk.note(current().tenantId, 'depot', `count ${event.data.item}`);
    await act('depot.count', event);
  }
}

/** The depot of a later release: knows the second version too. */
@Injectable()
class NewDepotHands {
  constructor(private readonly desk: Desk) {}

  @On(sold, 'depot.count')
  async count(event: Received<typeof sold>): Promise<void> {
    await this.desk.note(current().tenantId, 'depot', `count ${event.data.item}`);
  }

  @On(soldAnew, 'depot.count')
  async countAnew(event: Received<typeof soldAnew>): Promise<void> {
    await this.desk.note(current().tenantId, 'depot', `count ${event.data.colour} ${event.data.item}`);
  }
}

export const ticks: { at: string; process: string }[] = [];

/** Ticks every second. */
@Injectable()
class ClockHands {
  private readonly process = Math.random().toString(36).slice(2);

  @Cron('clock.tick', '* * * * * *')
  tick({ time }: Tick): void {
    ticks.push({ at: time.toISOString(), process: this.process });
  }
}

export const shop = testWiring('shop', [ShopHands]);
export const depot = testWiring('depot', [DepotHands]);
export const newDepot = testWiring('depot', [NewDepotHands]);
export const clock = testWiring('clock', [ClockHands]);
