import { routeConfig } from './route-config.js';

/** What a route asks of its caller, as Fastify's route config carries it to the edge's hook. */
export interface RouteAccess {
  public: boolean;
  /** All of them are needed; none means any signed-in caller. */
  permissions: string[];
}

/**
 * The route answers a signed-in caller who holds all of `permissions`; without any, every signed-in caller.
 * A permission is `<context>.<noun>.<read|write>`. Every route carries this or `@Public()`: the process does not start otherwise.
 * @example `@Get() @Allow('search.files.read')`
 */
export function Allow(...permissions: string[]): MethodDecorator {
  return routeConfig({ atollAccess: { public: false, permissions } });
}

/** The route answers anybody: sign-in, sign-up, health. No tenant is known inside. */
export function Public(): MethodDecorator {
  return routeConfig({ atollAccess: { public: true, permissions: [] } });
}

/** Whether every needed permission is covered by one of the granted patterns. */
export function holds(granted: readonly string[], needed: readonly string[]): boolean {
  return needed.every((permission) => granted.some((pattern) => covers(pattern, permission)));
}

/** Whether `pattern` holds `needed`, a permission or a narrower pattern: `*` is everything, `search.*` one context, `*.read` whatever only reads. */
export function covers(pattern: string, needed: string): boolean {
  if (pattern === '*' || pattern === needed) return true;
  if (pattern.startsWith('*.')) return needed.endsWith(pattern.slice(1)) && !needed.includes('*');
  return pattern.endsWith('.*') && needed.startsWith(pattern.slice(0, -1));
}
