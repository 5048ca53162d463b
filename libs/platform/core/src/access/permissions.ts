/** Whether every needed permission is covered by one of the granted patterns. */
export function holds(granted: readonly string[], needed: readonly string[]): boolean {
  return needed.every((permission) => granted.some((pattern) => covers(pattern, permission)));
}

/** Permissions of those who run the deployment: in no tenant's `*`, so that nobody inside a tenant holds or hands them out. */
const OPERATORS = 'operator.';

/**
 * Whether `pattern` holds `needed`, a permission or a narrower pattern: `*` is everything inside a tenant, `search.*` one context,
 * `*.read` whatever only reads.
 */
export function covers(pattern: string, needed: string): boolean {
  if (needed.startsWith(OPERATORS) && !pattern.startsWith(OPERATORS)) return false;
  if (pattern === '*' || pattern === needed) return true;
  if (pattern.startsWith('*.')) return needed.endsWith(pattern.slice(1)) && !needed.includes('*');
  return pattern.endsWith('.*') && needed.startsWith(pattern.slice(0, -1));
}
