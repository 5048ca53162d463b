import pg from 'pg';
import { bootContexts, type BootedContexts, Canary, engines, eventually } from '#platform/testing';
import { contexts } from '../../../contexts.js';
import { register } from '../sign-up.js';
import { ask, endOf } from './asking.js';
import { Chance } from '#platform/testing';
import { type Invariant, violations } from './checker.js';
import type { Evidence } from './evidence.js';
import { untilQuiet } from './invariants/outbox.js';
import { type Filed, Journal } from './journal.js';
import { TalkingModel } from './model.js';
import { Person } from './person.js';
import { judge, takeBack, work } from './work.js';

// A checker that cannot fail proves nothing: each promise is broken here by hand, and must be missed.
(engines.includes('postgres') ? describe : describe.skip)('the checker of the kill programme', () => {
  let model: TalkingModel;
  let booted: BootedContexts;
  let admin: pg.Client;
  let evidence: Evidence;
  let ada: Person;
  let bob: Person;
  let filed: Filed;

  beforeAll(async () => {
    model = await TalkingModel.start();
    booted = await bootContexts(await Promise.all(contexts.map(async ({ load }) => (await load()).context)),
      { engine: 'postgres', env: { ...model.env, ATOLL_EMAIL_VERIFICATION: 'off', ATOLL_LOG_LEVEL: 'silent' } });
    const url = await booted.listen();
    const journal = new Journal();
    [ada, bob] = await Promise.all(['ada', 'bob'].map(async (name) => {
      const canary = new Canary();
      journal.canaries.set(name, canary);
      return new Person(name, await register(url, `${name}@chaos.example`, name), canary, journal);
    })) as [Person, Person];
    evidence = { journal, people: [ada, bob], model, admin: booted.admin, since: 0 };
    admin = new pg.Client(booted.admin);
    await admin.connect();
    const endWork = work(evidence.people, new Chance('checker'));
    await eventually(() => {
      const ofAda = <T extends { tenant: string }>(done: T[]): T[] => done.filter(({ tenant }) => tenant === 'ada');
      expect(ofAda(journal.filed).filter(({ id }) => id).length).toBeGreaterThan(1);
      expect(ofAda(journal.noted).length).toBeGreaterThan(0);
      expect(ofAda(journal.asked).filter(({ accepted }) => accepted).length).toBeGreaterThan(1);
    }, { timeoutMs: 30_000 });
    await endWork();
    const conversation = (await ada.insist<{ id: string }>('/v1/conversations', () => ({})))!;
    await ask(ada, conversation.id);
    await judge(ada, String(endOf(await ask(ada, conversation.id))!.data['messageId']));
    await untilQuiet(evidence);
    const [first, second] = journal.filed.filter(({ id, tenant }) => id && tenant === 'ada');
    await takeBack(ada, first!);
    filed = second!;
    await untilQuiet(evidence);
  }, 90_000);

  afterAll(async () => {
    await admin?.end();
    await booted?.close();
    await model?.stop();
  });

  /** Breaks one promise, looks, and mends it again. */
  async function brokenBy(tables: string[], plant: string | (() => unknown), params: unknown[] = []): Promise<Record<string, string[]>> {
    const kept = new Map<string, unknown>();
    for (const table of tables)
      kept.set(table, (await admin.query<{ rows: unknown }>(`select coalesce(json_agg(t), '[]') as rows from ${table} t`)).rows[0]!.rows);
    if (typeof plant === 'string') {
      const { rowCount } = await admin.query(plant, params);
      expect(rowCount).toBeGreaterThan(0);
    } else await plant();
    const found = await violations(evidence);
    // Without triggers: foreign keys would take more along than was planted.
    await admin.query(`set session_replication_role = replica`);
    for (const [table, rows] of kept) {
      await admin.query(`delete from ${table}`);
      await admin.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [JSON.stringify(rows)]);
    }
    await admin.query(`set session_replication_role = origin`);
    evidence.journal.odd.length = 0;
    evidence.journal.foreign.length = 0;
    return Object.fromEntries(
      [...Map.groupBy(found, ({ invariant }) => invariant)].map(([invariant, own]) => [invariant, own.map(({ told }) => told)]));
  }

  it('finds nothing where nothing is broken, in a house where everything has been done', async () => {
    expect(await violations(evidence)).toEqual([]);
    const { journal } = evidence;
    for (const done of [journal.asked.filter(({ accepted }) => accepted), journal.filed, journal.noted, journal.judged,
      journal.filed.filter(({ removal }) => removal === 'confirmed')]) expect(done.length).toBeGreaterThan(0);
  });

  const MESSAGES: Invariant = 'each acknowledged message is readable once and in order';
  const LOGS: Invariant = 'run logs have no gap and no repeat';
  const USAGE: Invariant = 'usage equals the tokens served';
  const JOBS: Invariant = 'each accepted job is done, failed or dead-lettered within 120 s';
  const EFFECTS: Invariant = 'each event has each of its effects once';
  const OUTBOX: Invariant = 'the outbox is empty';
  const FACTS: Invariant = 'each accepted fact is remembered once';
  const FIRST_CHUNK = 'select run_id, first_event from agent.run_chunk order by run_id, first_event limit 1';

  it.each<[string, Invariant, RegExp, string, string[]]>([
    ['a question that is gone', MESSAGES, /question q\w+ of run \S+ stands in it 0 times/,
      `delete from memory.message where id = (select id from memory.message where role = 'user' limit 1)`, ['memory.message']],
    ['an answer that is gone', MESSAGES, /answer of run \S+ stands in it 0 times/,
      `delete from memory.message where id = (select id from memory.message where role = 'assistant' limit 1)`, ['memory.message']],
    ['an answer that stands twice', MESSAGES, /answer of run \S+ stands in it 2 times/,
      `insert into memory.message select tenant_id, gen_random_uuid(), conversation_id, 1000, role, text, status, citations, run_id, ` +
        `created_at from memory.message where role = 'assistant' limit 1`, ['memory.message']],
    ['an answer that reads otherwise', MESSAGES, /reads "[^"]*changed", its reader was told/,
      `update memory.message set text = text || ' changed' where id = (select id from memory.message where role = 'assistant' limit 1)`,
      ['memory.message']],
    ['a question in the wrong place', MESSAGES, /before one that was asked earlier/,
      `update memory.message set place = 1000 - place where conversation_id = (select conversation_id from memory.message group by 1 ` +
        `order by count(*) desc limit 1)`, ['memory.message']],
    ['a gap in a log', LOGS, /event 3 follows event 1: 1 are missing|event \d+ of its log/,
      `update agent.run_chunk c set events = (events::jsonb - 1)::text from (${FIRST_CHUNK}) f where c.run_id = f.run_id and ` +
        `c.first_event = f.first_event`, ['agent.run_chunk']],
    ['a repeat in a log', LOGS, /event 1 comes after event \d+/,
      `update agent.run_chunk c set events = (events::jsonb || jsonb_build_array(events::jsonb -> 0))::text from (${FIRST_CHUNK}) f ` +
        `where c.run_id = f.run_id and c.first_event = f.first_event`, ['agent.run_chunk']],
    ['a log that changed', LOGS, /event 1 was shown as run.started/,
      `update agent.run_chunk c set events = replace(events, '"offline":false', '"offline":true') from (${FIRST_CHUNK}) f where ` +
        `c.run_id = f.run_id and c.first_event = f.first_event`, ['agent.run_chunk']],
    ['a second charge', USAGE, /charge \S+: there is no such run/,
      `insert into billing.charge select tenant_id, gen_random_uuid(), user_id, model, currency, cost_micros, input_tokens, ` +
        `cached_tokens, output_tokens, created_at, day from billing.charge limit 1`, ['billing.charge']],
    ['a charge that is missing', USAGE, /tokens are not charged/,
      'delete from billing.charge where run_id = (select run_id from billing.charge limit 1)', ['billing.charge']],
    ['a charge of other tokens', USAGE, /used \d+ \+ \d+ tokens, charged \d+ \+ \d+/,
      'update billing.charge set output_tokens = output_tokens + 1 where run_id = (select run_id from billing.charge limit 1)',
      ['billing.charge']],
    ['a meter that counted twice', USAGE, /metered \d+ tokens, charged \d+/,
      'update billing.meter set spent_tokens = spent_tokens + 7 where tenant_id = (select tenant_id from billing.meter limit 1)',
      ['billing.meter']],
    ['tokens that nobody served', USAGE, /counted \d+ \+ \d+ tokens, the model served/,
      `with one as (select id from agent.run where status = 'completed' limit 1), charged as (update billing.charge set input_tokens = ` +
        `input_tokens + 1 where run_id = (select id from one)) update agent.run set input_tokens = input_tokens + 1 where id = (select ` +
          `id from one)`, ['agent.run', 'billing.charge']],
    ['a job that took too long', JOBS, /is done after \d+ s/,
      `update kernel.delivery set created_at = created_at - interval '121 seconds' where message_id = (select message_id from ` +
        `kernel.delivery where kind = 'job' limit 1)`, ['kernel.delivery']],
    ['an effect that was counted twice', EFFECTS, /turns add up to \d+, and \d+ events were noted/,
      `update analytics.daily set value = value + 1 where metric = 'turns'`, ['analytics.daily']],
    ['a fact that was published twice', EFFECTS, /indexed file \S+: its event was counted 2 times/,
      `insert into analytics.event select tenant_id, gen_random_uuid(), name, at, data from analytics.event where name = ` +
        `'search.document-indexed' and data ->> 'documentId' in (select id::text from search.document) limit 1`, ['analytics.event']],
    ['an answer that nobody counted', EFFECTS, /answer \S+: its event was counted 0 times/,
      `delete from analytics.event where id = (select id from analytics.event where name = 'agent.turn-completed' limit 1)`,
      ['analytics.event']],
    ['a judgement that is gone', EFFECTS, /judgement of message \S+ of \S+: was accepted, and is not there/,
      'delete from agent.feedback where message_id = (select message_id from agent.feedback limit 1)', ['agent.feedback']],
    ['a dead letter', OUTBOX, /message \S+ for \S+ is dead/,
      `update kernel.delivery set status = 'dead' where message_id = (select message_id from kernel.delivery where status = 'done' ` +
        `limit 1)`, ['kernel.delivery']],
    ['a message that waits', OUTBOX, /message \S+ for \S+ is parked/,
      `update kernel.delivery set status = 'parked' where message_id = (select message_id from kernel.delivery where status = 'done' ` +
        `limit 1)`, ['kernel.delivery']],
    ['a fact that was forgotten', FACTS, /is remembered 0 times/,
      `delete from memory.fact where id = (select id from memory.fact where text like 'Berth n%' limit 1)`, ['memory.fact']],
  ])('misses %s', async (_what, invariant, told, plant, tables) => {
    const found = await brokenBy(tables, plant);
    expect(found[invariant]?.join('\n')).toMatch(told);
  });

  it('misses a file that was accepted, and one that was removed', async () => {
    const gone = await brokenBy(['search.document', 'search.content', 'search.chunk', 'search.posting', 'search.embedding'],
      'delete from search.document where id = $1', [filed.id]);
    expect(gone[JOBS]).toEqual([`file ${filed.id} of ${filed.tenant}: was accepted, and answers 404`]);
    const back = await brokenBy([], () => (filed.removal = 'confirmed'));
    delete filed.removal;
    expect(back[JOBS]).toEqual([`file ${filed.id} of ${filed.tenant}: was removed, and is there (200)`]);
    expect(back[EFFECTS]).toEqual([`removed file ${filed.id}: its event was counted 0 times instead of once`]);
  });

  it('misses a word of another tenant in an answer, and in what the model was shown', async () => {
    const invariant: Invariant = 'nobody is shown words of another tenant';
    const asked = evidence.journal.asked.find(({ tenant, accepted }) => tenant === 'ada' && accepted)!;
    const seen = await brokenBy(['memory.message'], `update memory.message set text = text || $1 where run_id = $2 and role = 'assistant'`,
      [bob.canary.word, asked.runId]);
    expect(seen[invariant]?.[0]).toMatch(`ada was shown words of bob by GET /v1/conversations/${asked.conversationId}/messages`);
    const served = model.served.get(asked.nonce)![0]!;
    const shown = await brokenBy([], () => (served.shown += bob.canary.word));
    served.shown = '';
    expect(shown[invariant]).toEqual([`the model was shown words of bob with question ${asked.nonce} of ada`]);
  });

  it('misses a request that was answered as it should never be', async () => {
    const found = await brokenBy([], () => ada.insist('/v1/memories', () => ({ text: 7 })));
    expect(found['every request is answered, and none with "internal"']?.[0]).toMatch(/^POST \/v1\/memories: 400/);
  });

  it('misses an entry of the audit log that was changed', async () => {
    const swap = (from: string, to: string) =>
      `update tenancy.audit_entry set body = replace(body, '${from}', '${to}') where action = 'memory.conversation.created'`;
    const found = await brokenBy([], swap('memory.conversation.created', 'memory.conversation.creaked'));
    await admin.query(`update tenancy.audit_entry set body = replace(body, 'creaked', 'created') where action = ` +
      `'memory.conversation.creaked'`);
    expect(found['the audit log is whole']?.join()).toMatch(/the audit log of (ada|bob) is not whole/);
  });

  it('finds nothing once all of it is mended', async () => expect(await violations(evidence)).toEqual([]));
});
