import { AppError } from '#platform/core';

const FIRST_WORD = /^(?:\s|\(|--[^\n]*\n|\/\*[\s\S]*?\*\/)*([a-z]+)/i;
const ALLOWED = new Set(['select', 'insert', 'update', 'delete', 'with', 'values', 'merge', 'explain', 'lock']);

/** The one harmless form: a planner setting by its literal name, for this transaction only (`set_config('hnsw.ef_search', $1, true)`). */
const LOCAL_SETTING = /set_config\s*\(\s*'(?!role'|session_authorization'|app\.)[a-z_.]+'\s*,[^,()]*,\s*true\s*\)/gi;

/** Names in escapes (`U&"set\005fconfig"`), and functions that run a text as a statement: with either no look at the text is enough. */
const DISGUISED = /\bu&['"]|\b(?:query|cursor|table|schema|database)_to_xml|\bts_(?:stat|rewrite)\s*\(/i;

/**
 * A context's statements read and write rows, nothing else. Transactions, roles and settings belong to the wall: one SET or set_config in
 * a statement would walk around it or stay on the connection for whoever comes next.
 */
export function assertPlainStatement(text: string): void {
  const word = FIRST_WORD.exec(text)?.[1]?.toLowerCase();
  if (!word || !ALLOWED.has(word)) throw refused(`${(word ?? 'an empty statement').toUpperCase()} is not for contexts: they select, ` +
    `insert, update and delete; db.tx() opens and ends transactions.`);
  if (DISGUISED.test(text)) throw refused('It spells names in escapes, or has a text run as a statement of its own.');
  if (/set_config|session_authorization|app\.tenant_id/i.test(text.replace(LOCAL_SETTING, ''))) {
    throw refused('It changes a setting the wall stands on, or one that would stay on the connection. Only ' +
      'set_config(\'planner.setting\', value, true) with a literal name is open.');
  }
}

function refused(why: string): AppError {
  return new AppError('internal', 'kernel.statement-refused',
    `A database statement was refused before it was sent. ${why} This is a bug in Atoll.`);
}
