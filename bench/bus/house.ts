import { Injectable, Module } from '@nestjs/common';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { defineEvent, On, type Received } from '#platform/messaging';
import { contract } from '#platform/core';

/** `at` is when it was published, in milliseconds of the machine's clock. */
export interface Shot {
  at: number;
  model: string;
  tokensIn: number;
  tokensOut: number;
}

export const shot = defineEvent<Shot>('range.shot', 1);

/** Set by the process that counts. */
export const counted = { one: (_at: number): void => undefined };

export function clock(): number {
  return performance.timeOrigin + performance.now();
}

export function newShot(): Shot {
  return { at: clock(), model: 'gpt-4.1-mini', tokensIn: 812, tokensOut: 144 };
}

@Injectable()
class Hands {
  @On(shot, 'range.count')
  count({ data }: Received<typeof shot>): void {
    counted.one(data.at);
  }
}

abstract class Range {}

@Module({ imports: [ContextModule.for('range')], providers: [Hands] })
export class RangeModule {}

export const range: ContextWiring = { name: 'range', contract: contract('range', Range, {}), module: RangeModule, config: [], entities: [], migrations: [] };
