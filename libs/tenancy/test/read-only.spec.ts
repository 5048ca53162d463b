import { bootContexts, type BootedContexts, withClient } from '#platform/testing';
import { context } from '#tenancy/module';

/** As after a failover whose new primary is not there yet, or where the disk of the server is full and its operator took writes away. */
describe('a database that takes no writes', () => {
  let booted: BootedContexts;
  let accessToken: string;

  beforeAll(async () => {
    booted = await bootContexts([context], { engine: 'postgres' });
    const { body } = await booted.with().post<{ accessToken: string }>('/v1/auth/register',
      { tenantName: 'Reef', name: 'Ada', email: 'ada@reef.example', password: 'correct horse battery' });
    accessToken = body.accessToken;
    await takeWrites(false);
  });
  afterAll(() => booted?.close());

  /** For all connections: those that are open begin anew. */
  const takeWrites = (may: boolean): Promise<void> => withClient(booted.admin, async (admin) => {
    await admin.query('set default_transaction_read_only = off');
    const { rows } = await admin.query<{ name: string }>('select quote_ident(current_database()) as name');
    await admin.query(`alter database ${rows[0]!.name} set default_transaction_read_only = ${may ? 'off' : 'on'}`);
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
  });

  it('answers 503 to changes, goes on reading, and says that it is not ready', async () => {
    const user = booted.with(accessToken);
    const refused = await user.post<{ type: string }>('/v1/teams', { name: 'Divers' });
    expect([refused.status, refused.body.type]).toEqual([503, 'urn:atoll:problem:kernel.database-read-only']);
    expect((await user.get('/v1/me')).status).toBe(200);
    expect((await user.get('/health/ready')).status).toBe(503);
  });

  it('is whole again when it takes them', async () => {
    await takeWrites(true);
    const user = booted.with(accessToken);
    expect((await user.post('/v1/teams', { name: 'Divers' })).status).toBe(201);
    expect((await user.get('/health/ready')).status).toBe(200);
  });
});
