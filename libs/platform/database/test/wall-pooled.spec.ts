import { asTenant, clientMatrix, startPgBouncer, type TestPgBouncer } from '#platform/testing';
import { connectionProofs } from './wall/connection-proofs.js';
import { depot, type OpenFixture, openWalled, shop } from './wall/fixture.js';
import { flowProofs } from './wall/flow-proofs.js';
import { groundOf, inTime, type ProofGround, reasonOf } from './wall/proof-kit.js';
import { interleave } from './wall/interleave.js';
import { unitProofs } from './wall/unit-proofs.js';
import { newId } from '#platform/core';
import type { Pooler } from '../src/connection/pooler.js';

/** Fewer connections to the server than the process believes to have: each statement may meet another one, and what others left there. */
describe.each(['transaction', 'session'] as const)('the wall through PgBouncer, pooling by %s', (mode: Exclude<Pooler, 'none'>) => {
  let bouncer: TestPgBouncer;
  let open: OpenFixture;
  let ground: ProofGround;

  beforeAll(async () => {
    open = await openWalled('postgres', [shop, depot], { pooler: mode, statementMs: 2_500 }, async (test) => {
      bouncer = await startPgBouncer({ urls: [test.url!], mode, size: mode === 'session' ? 20 : 3 });
      return { connectionString: bouncer.through(test.url!) };
    });
    ground = groundOf(open.database, open.test.admin);
  });

  afterAll(async () => {
    await open?.close();
    await bouncer?.close();
  });

  it.each([...flowProofs, ...unitProofs, ...connectionProofs])('$name', async (proof) => {
    expect(await inTime(proof, ground, 30_000)).toEqual([]);
  });

  it('holds for every command as every kind of tenant', async () => {
    const result = await clientMatrix(open.database, open.test.admin);
    expect(result.holes).toEqual([]);
    expect(result.cells).toBeGreaterThan(result.tables * 20);
  });

  it('stops a statement that takes too long, and keeps its connection', async () => {
    const before = [...open.database.pool.clients];
    expect(await asTenant(newId(), () => reasonOf(() => ground.shop.tx(() => ground.shop.query('select pg_sleep(9)')))))
      .toBe('kernel.statement-timeout');
    expect(before.every((client) => open.database.pool.clients.has(client))).toBe(true);
  });

  it('holds between fifty tenants at once', async () => {
    const result = await interleave(ground, { requests: 1_000, sqlSleep: true });
    expect(result).toMatchObject({ wrongTenant: [], dirty: [], unexpected: [] });
    expect(result.answered + result.failedOnPurpose).toBe(1_000);
  }, 60_000);
});
