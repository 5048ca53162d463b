import type { CompareOp, Filter, Literal } from './filter.js';

type Values = Record<string, unknown>;

/** Whether one value of a multi-valued attribute is meant by the filter in a path's brackets. */
export function matches(filter: Filter, value: Values): boolean {
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

function at(value: Values, path: string): unknown {
  return Object.entries(value).find(([name]) => name.toLowerCase() === path)?.[1];
}

function compares(op: CompareOp, held: unknown, wanted: Literal): boolean {
  const [left, right] = [held, wanted].map((one) => (typeof one === 'string' ? one.toLowerCase() : (one ?? null)));
  if (op === 'eq') return left === right;
  if (op === 'ne') return left !== right;
  if (typeof left !== 'string' || typeof right !== 'string') return false;
  switch (op) {
    case 'co':
      return left.includes(right);
    case 'sw':
      return left.startsWith(right);
    case 'ew':
      return left.endsWith(right);
    case 'gt':
      return left > right;
    case 'ge':
      return left >= right;
    case 'lt':
      return left < right;
    case 'le':
      return left <= right;
  }
}
