import type { CompareOp, ScimFilter, Literal } from './filter.js';

type Values = Record<string, unknown>;

/** Whether one value of a multi-valued attribute is meant by the filter in a path's brackets. */
export function matches(filter: ScimFilter, value: Values): boolean {
  switch (filter.kind) {
    case 'and':
      return matches(filter.left, value) && matches(filter.right, value);
    case 'or':
      return matches(filter.left, value) || matches(filter.right, value);
    case 'not':
      return !matches(filter.inner, value);
    case 'present':
      return at(value, filter.path) !== undefined && at(value, filter.path) !== null;
    case 'compare':
      return compares(filter.op, at(value, filter.path), filter.value);
  }
}

const TEXT: Record<Exclude<CompareOp, 'eq' | 'ne'>, (left: string, right: string) => boolean> = {
  co: (left, right) => left.includes(right),
  sw: (left, right) => left.startsWith(right),
  ew: (left, right) => left.endsWith(right),
  gt: (left, right) => left > right,
  ge: (left, right) => left >= right,
  lt: (left, right) => left < right,
  le: (left, right) => left <= right,
};

function at(value: Values, path: string): unknown {
  return Object.entries(value).find(([name]) => name.toLowerCase() === path)?.[1];
}

/** Entra ID writes truth as text. */
export function truthOf(value: unknown): unknown {
  return typeof value === 'string' && /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : value;
}

function compares(op: CompareOp, held: unknown, wanted: Literal): boolean {
  const [left, right] = [held, wanted].map(truthOf).map((one) => (typeof one === 'string' ? one.toLowerCase() : (one ?? null)));
  if (op === 'eq') return left === right;
  if (op === 'ne') return left !== right;
  if (typeof left !== 'string' || typeof right !== 'string') return false;
  return TEXT[op](left, right);
}
