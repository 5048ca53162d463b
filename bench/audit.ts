import pg from 'pg';
import { newId, runAs } from '#platform/core';
import { bootContexts, type BootedContexts, engines } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { context as tenancy } from '#tenancy/module';
import { Desk, INSERT_BARE, bareEntry, desk } from './audit/house.js';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { median, percentile } from './stats.js';

const WRITES = 1_000;
const WARM_UP = 100;
const ENTRIES = 500;
const ROUNDS = 3;
/** Requests of a busy process that append at the same time. */
const IN_FLIGHT = 64;
const MAX_ROUTE_RATIO = 2;
const MAX_APPEND_RATIO = 2;
const POLL_MS = 10;
const LOGIN = { email: 'ada@example.org', password: 'correct horse battery' };

type Way = 'statement' | 'unit' | 'audited';

/** What an audited write costs its caller, and what it costs to write the entry down behind it. */
export async function bench(_options: BenchOptions): Promise<BenchResult> {
  const rows: BenchRow[] = [];
  for (const engine of engines) {
    rows.push(...(await onHouse(engine, 'false', writing)));
    rows.push(...(await onHouse(engine, 'true', appending)));
  }
  const within = (part: string, most: number): boolean =>
    rows.filter(({ label }) => label.includes(part)).every(({ ratio }) => ratio! <= most);
  return {
    name: 'audit',
    goal: `an audited route <= ${MAX_ROUTE_RATIO} times the same without (p50); entries appended >= 1/${MAX_APPEND_RATIO} of the rate ` +
      `of a handler that inserts the same row`,
    rows,
    met: within('route, audited', MAX_ROUTE_RATIO) && within('appended to the chain', MAX_APPEND_RATIO),
    note: `Writes: one after the other, the three ways in turns, nothing appended meanwhile; ratio to the one statement. Entries: ` +
      `${ENTRIES} at once, from the first publish to the last row, rounds in turns; ratio to the handler that inserts a row of the same ` +
        `shape (bare inserts: ${IN_FLIGHT} writers over ten connections, by pg, no event, no wall).`,
  };
}

interface House {
  booted: BootedContexts;
  tenantId: string;
  token: string;
  engine: string;
}

async function onHouse(engine: (typeof engines)[number], jobs: string,
  measure: (house: House) => Promise<BenchRow[]>): Promise<BenchRow[]> {
  const booted = await bootContexts([tenancy, desk], { engine, env: { ATOLL_RUN_JOBS: jobs } });
  try {
    const { tenantId } = await booted.get(Tenancy).register({ tenantName: 'First', name: 'Ada', ...LOGIN });
    const { body } = await booted.with().post<{ accessToken: string }>('/v1/auth/login', LOGIN);
    return await measure({ booted, tenantId, token: body.accessToken, engine });
  } finally {
    await booted.close();
  }
}

/** The caller's own wait: the entry is told of in the transaction of the write, and written down later. */
async function writing({ booted, tenantId, token, engine }: House): Promise<BenchRow[]> {
  const service = booted.get(Desk);
  const caller = booted.with(token);
  const post = async (way: Way): Promise<void> => {
    const { status, text } = await caller.post(`/v1/desk/${way}`);
    if (status !== 201) throw new Error(`answered ${status}: ${text}`);
  };
  const inTenant = (way: Way) => (): Promise<unknown> => as(tenantId, () => service[way]());
  const units = await inTurns({ statement: inTenant('statement'), unit: inTenant('unit'), audited: inTenant('audited') });
  const routes = await inTurns({ statement: () => post('statement'), audited: () => post('audited') });
  const row = (label: string, { times, cpuMicros }: Timed, peer: Timed): BenchRow =>
    ({ label: `${engine}: ${label}`, n: times.length, p50: percentile(times, 0.5), p99: percentile(times, 0.99), cpuMicros,
      ratio: percentile(times, 0.5) / percentile(peer.times, 0.5) });
  return [
    row('write, one statement', units.statement, units.statement),
    row('write, in a unit', units.unit, units.statement),
    row('write, audited', units.audited, units.statement),
    row('route, one statement', routes.statement, routes.statement),
    row('route, audited', routes.audited, routes.statement),
  ];
}

interface Timed {
  times: number[];
  cpuMicros: number;
}

async function inTurns<K extends string>(ways: Record<K, () => Promise<unknown>>): Promise<Record<K, Timed>> {
  const names = Object.keys(ways) as K[];
  const spent = Object.fromEntries(names.map((name) => [name, { times: [] as number[], cpu: [] as number[] }])) as Record<K,
    { times: number[]; cpu: number[] }>;
  for (let round = -WARM_UP; round < WRITES; round++) {
    // Who goes first changes each round.
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const cpu = process.cpuUsage();
      const from = performance.now();
      await ways[name]();
      if (round < 0) continue;
      spent[name].times.push(performance.now() - from);
      const { user, system } = process.cpuUsage(cpu);
      spent[name].cpu.push(user + system);
    }
  }
  return Object.fromEntries(
    names.map((name) => [name, { times: spent[name].times.sort((a, b) => a - b), cpuMicros: median(spent[name].cpu) }])) as Record<K,
    Timed>;
}

/** From the first publish to the last row, with all of it waiting: the chain of a tenant is written one entry after the other. */
async function appending({ booted, tenantId, engine }: House): Promise<BenchRow[]> {
  const service = booted.get(Desk);
  const many = Array.from({ length: IN_FLIGHT }, () => newId());
  const pool = new pg.Pool({ ...booted.admin, max: 10 });
  const count = async (table: string): Promise<number> =>
    Number((await pool.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]!.count);
  const until = async (table: string, rows: number): Promise<void> => {
    while ((await count(table)) < rows) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  };
  const handled = (table: string, tell: () => Promise<void>, tenantOf: (at: number) => string) => async (): Promise<void> => {
    const before = await count(table);
    await inFlight((at) => as(tenantOf(at), tell));
    await until(table, before + ENTRIES);
  };
  const entry = 'tenancy.audit_entry';
  const subjects: [label: string, run: () => Promise<void>][] = [
    ['bare inserts', () => inFlight((at) => pool.query(INSERT_BARE, bareEntry(many[at % IN_FLIGHT]!)))],
    ['inserted by a handler, one tenant', handled('desk.bare_entry', () => service.tellPeer(), () => tenantId)],
    ['appended to the chain, one tenant', handled(entry, () => service.tellAudit(), () => tenantId)],
    [`inserted by a handler, ${IN_FLIGHT} tenants`, handled('desk.bare_entry', () => service.tellPeer(), (at) => many[at % IN_FLIGHT]!)],
    [`appended to the chain, ${IN_FLIGHT} tenants`, handled(entry, () => service.tellAudit(), (at) => many[at % IN_FLIGHT]!)],
  ];
  const rates = subjects.map(() => [] as number[]);
  const cpus = subjects.map(() => [] as number[]);
  await settled(count, entry);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [at, [, run]] of subjects.entries()) {
      const cpu = process.cpuUsage();
      const from = performance.now();
      await run();
      if (round < 0) continue;
      rates[at]!.push((ENTRIES / (performance.now() - from)) * 1000);
      const { user, system } = process.cpuUsage(cpu);
      cpus[at]!.push((user + system) / ENTRIES);
    }
  }
  await pool.end();
  const middle = rates.map(median);
  const peers = [0, 1, 1, 3, 3];
  return subjects.map(([label], at) => ({ label: `${engine}: ${label}`, n: ENTRIES * ROUNDS, perSecond: middle[at]!,
    cpuMicros: median(cpus[at]!), ratio: middle[peers[at]!]! / middle[at]! }));
}

/** What the registration told is written down. */
async function settled(count: (table: string) => Promise<number>, table: string): Promise<void> {
  for (let last = -1, now = 0; last !== now || now === 0; now = await count(table)) {
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function inFlight(one: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (next < ENTRIES) await one(next++);
  }));
}

function as<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
  return runAs({ tenantId, actor: { kind: 'user', id: newId(), roles: [], permissions: [] } }, work);
}
