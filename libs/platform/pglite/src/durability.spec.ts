import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { proof, repoRoot } from '#platform/testing';
import { EmbeddedFixture } from '../test/embedded.fixture.js';

const ROUNDS = proof(2, 30);

describe('what was acknowledged', () => {
  const fixture = new EmbeddedFixture();
  beforeAll(async () => {
    await fixture.start();
    await fixture.database.close();
  });
  afterAll(() => fixture.stop());

  it(`is there after each of ${ROUNDS} kills in the middle of inserts`, async () => {
    const acked: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      acked.push(...(await killedInserts(1 + round * 1_000_000, 200 + ((round * 373) % 700))));
      await fixture.open();
      const client = await fixture.client();
      const { rows } = await client.query<{ n: number }>('select n from acked');
      const found = new Set(rows.map(({ n }) => n));
      expect(acked.filter((n) => !found.has(n))).toEqual([]);
      // Index and table agree, page by page: a torn page or a lost index entry would show here.
      const { rows: [counts] } = await client.query(`select count(*)::int as heap, count(distinct n)::int as kinds from acked where ` +
        `filler is not null`);
      expect(counts).toEqual({ heap: found.size, kinds: found.size });
      await fixture.database.close();
    }
    expect(acked.length).toBeGreaterThan(ROUNDS * 20);
  }, proof(120_000, 1_200_000));

  /** Runs the victim for a while after its first insert, kills it, and gives the numbers it was promised. */
  async function killedInserts(from: number, lifeMs: number): Promise<number[]> {
    const child = spawn(process.execPath, [join(repoRoot(), 'dist/libs/platform/pglite/test/durability.child.js'), fixture.dataDir,
      String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    await once(child.stdout, 'data');
    await sleep(lifeMs);
    child.kill('SIGKILL');
    await once(child, 'close');
    // The last line may be cut; a number without its line end was not promised.
    return said.slice(0, said.lastIndexOf('\n') + 1).split('\n').filter(Boolean).map(Number);
  }
});
