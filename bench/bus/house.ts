import { Injectable, Module } from '@nestjs/common';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { defineEvent, On, type Received } from '#platform/messaging';
import { contract, current } from '#platform/core';
import { Db, tenantTable } from '#platform/database';

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
  constructor(private readonly db: Db) {}

  @On(shot, 'range.count')
  async count({ id, data }: Received<typeof shot>): Promise<void> {
    await this.db.query('insert into range.effect (tenant_id, id, at) values ($1, $2, $3)', [current().tenantId, id, data.at]);
    this.db.afterCommit(() => counted.one(data.at));
  }
}

abstract class Range {}

@Module({ imports: [ContextModule.for('range')], providers: [Hands] })
export class RangeModule {}

export const range: ContextWiring = {
  name: 'range', contract: contract('range', Range, {}), module: RangeModule, config: [], entities: [],
  migrations: [{ name: 'range/0001-effect',
    up: tenantTable('range.effect', 'id uuid not null, at float8 not null, primary key (tenant_id, id)') }],
};
