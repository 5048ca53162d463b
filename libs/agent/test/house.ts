import { Billing } from '#billing';
import { newId } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts, type Engine } from '#platform/testing';
import { Memory } from '#memory';
import { Search } from '#search';
import { context } from '../src/agent.module.js';
import type { RunEvent } from '../src/contract.js';
import { FakeBilling, FakeMemory, FakeSearch } from './fakes.js';

export interface House {
  booted: BootedContexts;
  memory: FakeMemory;
  search: FakeSearch;
  billing: FakeBilling;
  tenantId: string;
  /** A fresh conversation of the tenant's user. */
  conversation(agentId?: string): Promise<string>;
}

/** The agent alone, its neighbours faked. */
export async function openHouse(engine: Engine, env: Record<string, string> = {}): Promise<House> {
  const [memory, search, billing] = [new FakeMemory(), new FakeSearch(), new FakeBilling()];
  const booted = await bootContexts([context], {
    engine,
    env,
    fakes: [{ provide: Memory, useValue: memory }, { provide: Search, useValue: search }, { provide: Billing, useValue: billing }],
  });
  const tenantId = newId();
  return {
    booted, memory, search, billing, tenantId,
    conversation: async (agentId) => {
      const id = newId();
      await asTenant(tenantId, () => memory.open({ id, agentId: agentId ?? null, title: null }));
      return id;
    },
  };
}

/** The events of a native stream's text. */
export function eventsOf(text: string): RunEvent[] {
  return text.split('\n\n').flatMap((frame) => {
    const lines = new Map(frame.split('\n').filter((line) => /^[a-z]+: /.test(line))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
    return lines.has('id') ? [{ id: Number(lines.get('id')), event: lines.get('event'),
      data: JSON.parse(lines.get('data')!) as unknown } as RunEvent] : [];
  });
}

export const textOf = (events: RunEvent[]): string =>
  events.map((event) => (event.event === 'answer.delta' ? event.data.text : '')).join('');

export const isFinal = ({ event }: RunEvent): boolean =>
  ['run.completed', 'run.failed', 'run.cancelled', 'run.interrupted'].includes(event);
