import type pg from 'pg';
import { newId, runAs } from '#platform/core';
import { bootContexts, type BootedContexts, withClient } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { contexts } from '../apps/contexts.js';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { percentile } from './stats.js';

const FEW = 10;
const MANY = 10_000;
const GOAL = 1.15;
const PASSWORD = 'correct horse battery';
/** Whose requests are measured, in each house: as many here as there. */
const SPEAKERS = 10;
const WARM_UP = 40;

/** What a tenant has: a few people, conversations, memories, charges and entries in its log. */
const SEED = [
  `create temporary table seed as select gen_random_uuid() as tenant_id, gen_random_uuid() as member_id, gen_random_uuid() as ` +
    `identity_id, n from generate_series(1, $1::int) n`,
  `insert into tenancy.identity (id, email, password_hash) select identity_id, 'seed' || n || '@example.org', $1 from seed`,
  `insert into tenancy.tenant (tenant_id, name, locale, time_zone) select tenant_id, 'Seed ' || n, 'en', 'UTC' from seed`,
  `insert into tenancy.membership (tenant_id, id, identity_id, email, name, role) select tenant_id, member_id, identity_id, 'seed' || n ` +
    `|| '@example.org', 'Ada', 'owner' from seed`,
  `insert into tenancy.session (tenant_id, id, member_id, seed, expires_at, ends_at) select tenant_id, gen_random_uuid(), member_id, ` +
    `md5(random()::text), now() + interval '30 days', now() + interval '90 days' from seed, generate_series(1, 3)`,
  `insert into tenancy.audit_entry (tenant_id, sequence, id, body, hash) select tenant_id, s, gen_random_uuid(), ` +
    `jsonb_build_object('at', '2026-01-01T00:00:00.000Z', 'action', 'tenancy.session.opened', 'actor', jsonb_build_object('id', ` +
      `member_id), 'target', member_id)::text, md5(s::text) from seed, generate_series(1, 10) s`,
  `insert into agent.agent (tenant_id, id, name, handle, is_default) select tenant_id, gen_random_uuid(), 'Default', 'default', true ` +
    `from seed`,
  `insert into memory.conversation (tenant_id, id, owner_id, title) select tenant_id, gen_random_uuid(), member_id, 'Of ' || s from ` +
    `seed, generate_series(1, 5) s`,
  `insert into memory.message (tenant_id, id, conversation_id, place, role, text, status) select tenant_id, gen_random_uuid(), id, s, ` +
    `'user', repeat('word ', 20), 'complete' from memory.conversation, generate_series(1, 4) s where title like 'Of %'`,
  `insert into memory.fact (tenant_id, id, owner_id, text, normalised, source) select tenant_id, gen_random_uuid(), member_id, 'fact ' ` +
    `|| s, 'fact ' || s, 'told' from seed, generate_series(1, 5) s`,
  `insert into billing.charge (tenant_id, run_id, user_id, model, currency, cost_micros, input_tokens, cached_tokens, output_tokens) ` +
    `select tenant_id, gen_random_uuid(), member_id, 'm', 'EUR', 100, 10, 0, 10 from seed, generate_series(1, 10)`,
];

interface Speaker {
  tenantId: string;
  token: string;
  email: string;
}

interface House {
  booted: BootedContexts;
  speakers: Speaker[];
  /** Where the listing of tenants begins, for a page in the middle. */
  middle: string;
}

type Operation = (house: House, speaker: Speaker) => Promise<unknown>;

const get = (path: string): Operation => async ({ booted }, { token }) => ok(await booted.with(token).get(path));

const OPERATIONS: Record<string, { times: number; run: Operation }> = {
  'GET /v1/me': { times: 600, run: get('/v1/me') },
  'GET /v1/conversations': { times: 600, run: get('/v1/conversations') },
  'GET /v1/memories': { times: 600, run: get('/v1/memories') },
  'GET /v1/audit': { times: 600, run: get('/v1/audit?limit=20') },
  'POST /v1/memories': { times: 400,
    run: async ({ booted }, { token }) => ok(await booted.with(token).post('/v1/memories', { text: `It is ${newId()}.` })) },
  'credential, not cached': { times: 400, run: ({ booted }, { token }) => booted.get(Tenancy).authenticate({ scheme: 'bearer', token }) },
  'sign-in': { times: 60, run: async ({ booted }, { email, tenantId }) =>
    ok(await booted.with().post('/v1/auth/login', { email, password: PASSWORD, tenantId })) },
  'page of 100 tenants': { times: 200, run: ({ booted, middle }) => booted.get(Tenancy).tenants({ after: middle, limit: 100 }) },
};

/** Two houses in one process, each on a database of its own on one Postgres server; their requests take turns. */
export async function bench(_options: BenchOptions): Promise<BenchResult> {
  const houses = [await open(FEW), await open(MANY)] as const;
  const rows: BenchRow[] = [];
  try {
    for (const [label, { times, run }] of Object.entries(OPERATIONS)) rows.push(...(await measured(label, times, run, houses)));
  } finally {
    for (const { booted } of houses) await booted.close();
  }
  const ratios = rows.flatMap(({ label, ratio }) => (ratio === undefined || label.startsWith('page') ? [] : [ratio]));
  return {
    name: 'tenants',
    goal: `p50 with ${MANY} tenants <= ${GOAL} times p50 with ${FEW}`,
    rows,
    met: ratios.every((ratio) => ratio <= GOAL),
    note: `Postgres; every tenant has conversations, memories, charges, sessions and an audit log; ratio is of the p50s, taken in ` +
      `turns; a page of tenants holds ${FEW / 2} with few tenants and 100 with many, so it has no goal`,
  };
}

async function open(tenants: number): Promise<House> {
  const booted = await bootContexts(await Promise.all(contexts.map(async ({ load }) => (await load()).context)), { engine: 'postgres' });
  await booted.get(Tenancy).register({ tenantName: 'First', name: 'Ada', email: 'first@example.org', password: PASSWORD });
  await withClient(booted.admin, (client) => seed(client, tenants - 1));
  const { ids, emails } = await withClient(booted.admin, async (client) => {
    const { rows } = await client.query<{ id: string;
      email: string }>(`select tenant_id as id, email from tenancy.membership where email like 'seed%' order by tenant_id`);
    const step = Math.max(1, Math.floor(rows.length / SPEAKERS));
    const chosen = rows.filter((_row, at) => at % step === 0).slice(0, SPEAKERS);
    return { ids: rows.map(({ id }) => id), emails: chosen };
  });
  const speakers: Speaker[] = [];
  for (const { id, email } of emails) {
    const { body } = await booted.with().post<{ accessToken: string }>('/v1/auth/login', { email, password: PASSWORD, tenantId: id });
    speakers.push({ tenantId: id, email, token: body.accessToken });
  }
  return { booted, speakers, middle: ids[Math.floor(ids.length / 2)]! };
}

async function seed(client: pg.Client, tenants: number): Promise<void> {
  const { rows: [known] } = await client.query<{ hash: string }>(`select password_hash as hash from tenancy.identity`);
  for (const [at, statement] of SEED.entries()) await client.query(statement, at === 0 ? [tenants] : at === 1 ? [known!.hash] : []);
  await client.query('analyze');
}

async function measured(label: string, times: number, run: Operation, houses: readonly [House, House]): Promise<BenchRow[]> {
  const spent: [number[], number[]] = [[], []];
  for (let round = -WARM_UP; round < times; round++) {
    // Who goes first changes each round.
    for (const at of round % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
      const house = houses[at];
      const speaker = house.speakers[Math.abs(round) % house.speakers.length]!;
      const began = performance.now();
      await runAs({ tenantId: speaker.tenantId, actor: { kind: 'service', id: newId(), roles: [], permissions: [] } },
        () => run(house, speaker));
      if (round >= 0) spent[at].push(performance.now() - began);
    }
  }
  const [few, many] = spent.map((values) => values.sort((a, b) => a - b)) as [number[], number[]];
  const row = (name: string, values: number[]): BenchRow =>
    ({ label: `${label}, ${name} tenants`, n: values.length, p50: percentile(values, 0.5), p99: percentile(values, 0.99) });
  return [row(String(FEW), few), { ...row(String(MANY), many), ratio: percentile(many, 0.5) / percentile(few, 0.5) }];
}

function ok({ status, text }: { status: number; text: string }): void {
  if (status >= 300) throw new Error(`answered ${status}: ${text}`);
}
