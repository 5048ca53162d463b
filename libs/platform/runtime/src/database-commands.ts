import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { AppError } from '#platform/core';
import { assertDirect, ensureMember, ensureRole, migrate, type MigrationReport, RUNTIME, type SchemaOwner, serverVersion,
  withClient } from '#platform/database';
import { platformMigrations } from './migrations.js';

export interface LoginOptions {
  /** Postgres as a role that may create roles and owns the database. */
  adminUrl: string;
  /** Name of the login role. */
  login?: string;
  /** Gives a login that exists already a new password; without it such a login is left alone. */
  rotate?: boolean;
}

export interface NewLogin {
  /** What to set as DATABASE_URL. Holds the password, which is kept nowhere else. */
  databaseUrl: string;
  created: boolean;
}

/**
 * Behind `npm run atoll -- db init`: makes the unprivileged role this program logs in as, and closes the database to everybody else. The
 * role owns nothing and inherits nothing; it may only put on the contexts' roles, which the wall does for each statement.
 */
export async function createLogin({ adminUrl, login = 'atoll_app', rotate = false }: LoginOptions): Promise<NewLogin> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(login)) throw new AppError('invalid', 'kernel.login-name',
    'A login name is lower-case letters, digits and underscores. Choose another --login.');
  return withClient({ connectionString: adminUrl }, async (admin) => {
    await serverVersion(admin);
    const exists = (await admin.query('select 1 from pg_roles where rolname = $1', [login])).rowCount === 1;
    if (exists && !rotate) throw new AppError('conflict', 'kernel.login-exists',
      `The login role ${login} exists already. Add --rotate to give it a new password (running processes need the new DATABASE_URL), or ` +
        `--login NAME to make another one.`);
    await ensureRole(admin, RUNTIME, 'nologin noinherit');
    await ensureRole(admin, login, 'login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls');
    await ensureMember(admin, RUNTIME, login);
    const password = randomBytes(24).toString('base64url');
    await admin.query(`alter role ${login} password '${password}'`);
    await closeDatabase(admin, login);
    return { databaseUrl: withLogin(adminUrl, login, password), created: !exists };
  });
}

/** Behind `npm run atoll -- migrate`: the migrations of the platform and of these contexts, as the owner of the schemas. */
export async function migrateDatabase(adminUrl: string, contexts: SchemaOwner[]): Promise<MigrationReport> {
  const owners = [{ name: 'kernel', migrations: platformMigrations }, ...contexts];
  const config = { connectionString: adminUrl, application_name: 'atoll migrate' };
  return withClient(config, async (admin) => {
    await assertDirect(admin, config);
    return migrate(admin, owners);
  });
}

async function closeDatabase(admin: pg.ClientBase, login: string): Promise<void> {
  const { rows } = await admin.query<{ name: string }>('select quote_ident(current_database()) as name');
  await admin.query(`revoke all on database ${rows[0]!.name} from public`);
  await admin.query(`grant connect on database ${rows[0]!.name} to ${login}`);
}

function withLogin(adminUrl: string, login: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = login;
  url.password = password;
  return url.href;
}
