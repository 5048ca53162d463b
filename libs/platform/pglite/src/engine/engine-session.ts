import type { StatementNames } from './statements.js';

/** Settings a connection runs under: names to values, plus the session user when it is not the superuser. */
export type Settings = Record<string, string>;

/** What the engine knows of one virtual connection. */
export class EngineSession {
  readonly statements: StatementNames = new Map();
  readonly channels = new Set<string>();
  /** Message groups that wait for their turn, in order. */
  readonly queue: Buffer[] = [];
  settings: Settings = {};
  settingsKey = '';
  /** It ran SET or RESET inside the open transaction: look at its settings when the transaction is over. */
  settingsTouched = false;
  /** It may hold session-level advisory locks. */
  advisoryLocks = false;
  /** The watchdog ended its transaction; it learns so with its next statement. */
  doomed?: string;
  /** What it ran last, for the log. */
  sql: Buffer | string = '';

  /** What it started with, and RESET leads back to. */
  readonly first: Settings;
  /** Its own limit for transactions; otherwise the engine's holds. */
  readonly transactionLimitMs?: number;

  constructor(readonly id: number, readonly secret: number, startup: Record<string, string>) {
    this.first = sessionSettings(startup);
    this.transactionLimitMs = transactionLimit(startup.transaction_timeout);
    this.wear(this.first);
  }

  wear(settings: Settings): void {
    this.settings = settings;
    this.settingsKey = settingsKey(settings);
  }
}

const PROTOCOL_KEYS = ['database', 'replication', 'client_encoding'];
/** The first two need signals, which the engine has none of; the others would end it (forbidden.ts). */
const TIMEOUT_KEYS = ['statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout',
  'idle_session_timeout'];
const LEFT_OUT = new Set([...PROTOCOL_KEYS, ...TIMEOUT_KEYS]);

/** Of a StartupMessage, what the session must be set to. `user` other than the superuser becomes the session's user. */
function sessionSettings(startup: Record<string, string>): Settings {
  const settings: Settings = {};
  for (const [name, value] of Object.entries(startup)) {
    if (name === 'user') {
      if (value !== 'postgres') settings.session_authorization = value;
    } else if (!LEFT_OUT.has(name) && !name.startsWith('_pq_')) settings[name.toLowerCase()] = value;
  }
  return settings;
}

const UNIT_MS: Record<string, number> = { '': 1, ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

/** A connection's transaction_timeout in milliseconds; 0 means for ever. */
function transactionLimit(own = ''): number | undefined {
  const [, number, unit] = /^\s*(\d+)\s*(ms|s|min|h|)\s*$/.exec(own) ?? [];
  if (number === undefined) return undefined;
  return Number(number) === 0 ? Infinity : Number(number) * UNIT_MS[unit!]!;
}

export function settingsKey(settings: Settings): string {
  return JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * From any standing to `settings`, in one simple query. The user comes last: after it the right to set some others is gone. RESET SESSION
 * AUTHORIZATION does nothing here: an engine without logins has no user to go back to.
 */
export function applySettings({ session_authorization: user, role, ...others }: Settings): string {
  const steps = ['set session authorization postgres', 'reset role', 'reset all'];
  for (const [name, value] of Object.entries(others))
    steps.push(`select pg_catalog.set_config(${literal(name)}, ${literal(value)}, false)`);
  if (user !== undefined) steps.push(`set session authorization ${literal(user)}`);
  if (role !== undefined) steps.push(`set role ${literal(role)}`);
  return steps.join('; ');
}

/**
 * The settings that differ from where `reset all` leads, as rows (name, value). Empty placeholders are what a local set_config leaves
 * behind.
 */
export const READ_SETTINGS = `
  select name, setting from pg_catalog.pg_settings where source = 'session' and (setting <> '' or name not like '%.%')
  union all select 'role', current_setting('role') where current_setting('role') <> 'none'
  union all select 'session_authorization', session_user::text where session_user <> 'postgres'`;

export function literal(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
