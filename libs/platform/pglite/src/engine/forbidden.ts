import { FRONTEND, type PgError, readText } from '../wire.js';

const COPY_IN = /(?:^|;)\s*copy\b[^;]*\bfrom\s+stdin\b/i;
const FATAL_TIMEOUT = /(?:^|;)\s*set\s+(?:session\s+|local\s+)?(?:transaction|idle_in_transaction_session|idle_session)_timeout\b/i;

/**
 * What would end the engine, and with it every connection. COPY reads its rows from where messages come from and exits where they end;
 * these timeouts answer with FATAL, which is the end of a server that is one process. The searches for plain words come first: they are
 * what every statement pays.
 */
export function forbidden(group: Buffer): PgError | undefined {
  if ((group.includes('stdin') || group.includes('STDIN')) && someText(group, COPY_IN)) {
    return refusal('COPY FROM STDIN is not available on the embedded database. Insert the rows, or set DATABASE_URL to use a Postgres ' +
      'server.');
  }
  if ((group.includes('n_timeout') || group.includes('N_TIMEOUT')) && someText(group, FATAL_TIMEOUT)) {
    return refusal('This timeout would end the embedded database, not only the connection. Its transactions have a limit already; a ' +
      'connection sets its own with the startup option transaction_timeout.');
  }
  return undefined;
}

function refusal(message: string): PgError {
  return { severity: 'ERROR', code: '0A000', message };
}

function someText(group: Buffer, pattern: RegExp): boolean {
  for (let at = 0; at < group.length; at += 1 + group.readInt32BE(at + 1)) {
    if (group[at] !== FRONTEND.query && group[at] !== FRONTEND.parse) continue;
    if (pattern.test(readText(group, group[at] === FRONTEND.query ? at + 5 : group.indexOf(0, at + 5) + 1))) return true;
  }
  return false;
}
