import { Global, Module, type Type } from '@nestjs/common';
import { AppError, configureLogging, CoreConfig, environment, loadConfig, logger } from '#platform/core';
import { Authenticator, controllersOf, type Edge, type ForwardedContext, routesOf } from '#platform/http';
import { createEdge } from '#platform/runtime';
import { RedisConfig } from '#platform/transport';
import { Agent } from '#agent';
import { AgentDirectory, Tenancy } from '#tenancy';
import type { HostableContext } from './contexts.js';
import { assertCanStart } from './start-checks.js';
import { describePlacement, type Placement, placeContexts } from './placement.js';

/** Where tenancy runs in another process, credentials are verified there. */
@Global()
@Module({ providers: [{ provide: Authenticator, useExisting: Tenancy }], exports: [Authenticator] })
class RemoteAuthenticatorModule {}

/** Where agent does, it is asked there whether it has the agents that bodies name. */
@Global()
@Module({ providers: [{ provide: AgentDirectory, useExisting: Agent }], exports: [AgentDirectory] })
class RemoteAgentsModule {}

export interface Launched {
  edge: Edge;
  core: CoreConfig;
  /** How the contexts of other processes are reached, a line each. */
  elsewhere: string[];
}

/** Opens the process that the environment describes: its contexts, and the way to those elsewhere. Not yet listening. */
export async function launch(options: { publicHttp: boolean }): Promise<Launched> {
  const config = loadConfig([CoreConfig, RedisConfig], environment(), { peek: true });
  const core = config.get(CoreConfig) as CoreConfig;
  const { redisUrl } = config.get(RedisConfig) as RedisConfig;
  configureLogging({ level: core.logLevel, format: core.logFormat });
  await assertCanStart(core, options.publicHttp || environment().PORT ? core.port : 0);
  const log = logger('start');
  log.info(`Atoll starts on Node ${process.versions.node} with ${core.contexts.join(', ')}: reading its parts`);
  const placement = await placeContexts({ wanted: core.contexts, redisUrl, env: environment() });
  const { hosted, elsewhere } = placement;
  log.info(`opening the database: ${core.databaseUrl ? 'Postgres (DATABASE_URL)' : `embedded Postgres in ${core.dataDir}/data`}`);
  const callable = redisUrl === undefined ? [] : elsewhere.map(({ contract }) => contract);
  const callsTo = (contract: unknown): boolean => callable.some(({ token }) => (token as unknown) === contract);
  // Beside an Atoll on the same machine a worker would find the usual port taken, and nobody asks it but probes.
  const anyPort = !options.publicHttp && !environment().PORT;
  const edge = await createEdge(hosted, {
    env: { ...environment(), ...(anyPort && { PORT: '0' }) },
    elsewhere: callable,
    absent: {
      names: elsewhere.map(({ contract }) => contract.name),
      forwarded: options.publicHttp ? await forwardedContexts(placement) : [],
      controllers: async () => (await Promise.all(elsewhere.map(controllersElsewhere))).flat(),
      config: async () => (await Promise.all(elsewhere.map(({ load }) => load()))).flatMap(({ context }) => context.config),
    },
    publicHttp: options.publicHttp,
    imports: [...(callsTo(Tenancy) ? [RemoteAuthenticatorModule] : []), ...(callsTo(Agent) ? [RemoteAgentsModule] : [])],
  });
  return { edge, core, elsewhere: describePlacement(placement, redisUrl) };
}

/** Their code is loaded for what it says of its routes; nothing of it runs here. */
function forwardedContexts({ elsewhere, urls }: Placement): Promise<ForwardedContext[]> {
  const served = elsewhere.filter(({ contract }) => urls.has(contract.name));
  return Promise.all(served.map(async (context) => ({
    context: context.contract.name,
    urls: urls.get(context.contract.name)!,
    routes: (await controllersElsewhere(context)).flatMap(routesOf),
  })));
}

async function controllersElsewhere({ load }: HostableContext): Promise<Type[]> {
  const { context } = await load();
  return controllersOf(context.module);
}

/** Ends the process with words a person can act on: no stack where the message says what to do. */
export function refuseToStart(error: unknown): never {
  console.error(error instanceof AppError ? error.message : error);
  process.exit(1);
}
