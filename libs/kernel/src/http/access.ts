import { RouteConfig } from '@nestjs/platform-fastify';

/** What a route asks of its caller, as Fastify's route config carries it to the edge's hook. */
export interface RouteAccess {
  public: boolean;
  /** All of them are needed; none means any signed-in caller. */
  permissions: string[];
}

/** Key of the route config under which the edge finds the access. */
export const ACCESS = 'atollAccess';

/**
 * The route answers a signed-in caller who holds all of `permissions`; without any, every signed-in caller.
 * A permission is `<context>.<noun>.<read|write>`. Every route carries this or `@Public()`: the process does not start otherwise.
 * @example `@Get() @Allow('search.files.read')`
 */
export function Allow(...permissions: string[]): MethodDecorator {
  return RouteConfig({ [ACCESS]: { public: false, permissions } satisfies RouteAccess });
}

/** The route answers anybody: sign-in, sign-up, health. No tenant is known inside. */
export function Public(): MethodDecorator {
  return RouteConfig({ [ACCESS]: { public: true, permissions: [] } satisfies RouteAccess });
}

/** `*` holds everything. */
export function holds(granted: readonly string[], needed: readonly string[]): boolean {
  return needed.every((permission) => granted.includes(permission)) || granted.includes('*');
}
