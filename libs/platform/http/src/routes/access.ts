import { queriesOf } from './queries.js';
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
  return declared({ public: false, permissions });
}

/** The route answers anybody: sign-in, sign-up, health. No tenant is known inside. */
export function Public(): MethodDecorator {
  return declared({ public: true, permissions: [] });
}

function declared(atollAccess: RouteAccess): MethodDecorator {
  return (target, method, descriptor) => {
    routeConfig({ atollAccess, queries: queriesOf(target, method) })(target, method, descriptor);
  };
}

/**
 * Names the kind of work a route is, for quotas that count only that kind: `answers` are those that a model is paid for.
 * @example `@Post() @Allow('agent.runs.write') @RateClass('answers')`
 */
export function RateClass(name: string): MethodDecorator {
  return routeConfig({ atollRateClass: name });
}
