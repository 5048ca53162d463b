import type { CompareOp, ScimFilter, Literal } from './filter.js';
import { truthOf } from './matches.js';
import { scimFault } from './scim-error.js';

/** What an attribute is in the database. `sql` is our own text; nothing of a filter ever becomes SQL but as a parameter. */
export interface Field {
  sql: string;
  type: 'text' | 'caseless' | 'boolean' | 'time' | 'nothing';
  /** Around the condition, where the values stand in another table: `exists (… and ?)`. */
  around?: [string, string];
}

export type Fields = ReadonlyMap<string, Field>;

const ORDER: Partial<Record<CompareOp, string>> = { gt: '>', ge: '>=', lt: '<', le: '<=' };

/**
 * The condition of a filter over these fields; its values are pushed onto `params`. Attributes that are not among them have no value, as in
 * every other place where a directory names them.
 */
export function conditionOf(filter: ScimFilter, fields: Fields, params: unknown[]): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${conditionOf(filter.left, fields, params)} ${filter.kind} ${conditionOf(filter.right, fields, params)})`;
    case 'not':
      return `(not coalesce(${conditionOf(filter.inner, fields, params)}, false))`;
    case 'present': {
      const { sql, around } = fieldOf(filter.path, fields);
      return wrapped(`${sql} is not null`, around);
    }
    case 'compare': {
      const field = fieldOf(filter.path, fields);
      return wrapped(compared(field, filter, params), field.around);
    }
  }
}

const NOTHING: Field = { sql: 'null::text', type: 'nothing' };

function fieldOf(path: string, fields: Fields): Field {
  if (path === 'password') throw scimFault('invalidFilter', 'nobody is looked for by their password.');
  return fields.get(path) ?? NOTHING;
}

function compared(field: Field, { op, value, path }: { op: CompareOp; value: Literal; path: string }, params: unknown[]): string {
  if (value === null) {
    if (op === 'eq') return `${field.sql} is null`;
    if (op === 'ne') return `${field.sql} is not null`;
    throw mismatch(path);
  }
  switch (field.type) {
    case 'nothing':
      return op === 'ne' ? 'true' : 'false';
    case 'boolean': {
      const wanted = truthOf(value);
      if (typeof wanted !== 'boolean' || (op !== 'eq' && op !== 'ne')) throw mismatch(path);
      return `${field.sql} ${op === 'eq' ? '=' : '<>'} ${param(params, wanted)}::boolean`;
    }
    case 'time':
      if (typeof value !== 'string' || !isTime(value) || ['co', 'sw', 'ew'].includes(op)) throw mismatch(path);
      return `${field.sql} ${ORDER[op] ?? (op === 'eq' ? '=' : '<>')} ${param(params, value)}::timestamptz`;
    default:
      if (typeof value !== 'string') throw mismatch(path);
      return compareText(field, op, param(params, value));
  }
}

function compareText({ sql, type }: Field, op: CompareOp, given: string): string {
  const [left, right] = type === 'caseless' ? [`lower(${sql})`, `lower(${given}::text)`] : [sql, `${given}::text`];
  switch (op) {
    case 'eq':
      return `${left} = ${right}`;
    case 'ne':
      return `${left} is distinct from ${right}`;
    case 'co':
      return `strpos(${left}, ${right}) > 0`;
    case 'sw':
      return `starts_with(${left}, ${right})`;
    case 'ew':
      return `right(${left}, length(${right})) = ${right}`;
    default:
      return `${left} collate "C" ${ORDER[op]!} ${right} collate "C"`;
  }
}

function param(params: unknown[], value: unknown): string {
  params.push(value);
  return `$${params.length}`;
}

function wrapped(condition: string, around: Field['around']): string {
  return around ? `${around[0]}${condition}${around[1]}` : condition;
}

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

function isTime(text: string): boolean {
  return TIME.test(text) && !Number.isNaN(Date.parse(text));
}

function mismatch(path: string): Error {
  return scimFault('invalidFilter', `the value or operator does not suit "${path}".`);
}
