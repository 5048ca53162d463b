import pg from 'pg';
import { type Breach, breaches } from '../../test/wall/breaches.js';
import { engines, wallMatrix, withClient } from '#platform/testing';
import { type OpenFixture, openWalled } from '../../test/wall/fixture.js';
import { report } from '../../test/wall/report.js';
import { wallFaults } from './wall.js';

const CONTEXTS = ['kernel', 'shop', 'depot'];

interface Killed {
  breach: string;
  selfTest: string;
  matrix: string;
}

describe.each(engines)('the self-test and the matrix on %s', (engine) => {
  let open: OpenFixture;
  let admin: pg.Client;
  const table: Killed[] = [];

  beforeAll(async () => {
    open = await openWalled(engine);
    admin = new pg.Client(open.test.admin);
    await admin.connect();
  });

  afterAll(async () => {
    await admin.end();
    await open.close();
    report(table);
  });

  it('find nothing in a wall that is whole', async () => {
    expect(await wallFaults(admin, CONTEXTS, true)).toEqual([]);
    expect((await withClient(open.test.config, (login) => wallFaults(login, CONTEXTS, open.test.embedded)))).toEqual([]);
  });

  it.each(breaches)('find the breach: $name', async ({ name, sql, table: place }) => {
    const faults = await faultsOf(sql);
    const { holes } = await wallMatrix(admin, CONTEXTS, { breach: sql, only: place });
    table.push({ breach: name, selfTest: faults.join(', ') || '-', matrix: holes.length > 0 ? `${holes.length} holes` : '-' });
    expect(faults.length + holes.length).toBeGreaterThan(0);
  });

  async function faultsOf(sql: Breach['sql']): Promise<string[]> {
    await admin.query('begin');
    try {
      for (const statement of sql) await admin.query(statement);
      return [...new Set((await wallFaults(admin, CONTEXTS, true)).map((fault) => fault.rule))];
    } finally {
      await admin.query('rollback');
    }
  }
});
