import type { ModuleMetadata } from '@nestjs/common';
import { type ConfigClass, type Contract, CoreConfig, environment, loadConfig, settingNames, ObservabilityConfig, Secrets,
  unknownSettings } from '#platform/core';
import type { ContextWiring } from './context-wiring.js';
import { Databases } from '#platform/database';
import { WorkerHost } from '#platform/messaging';
import { type Absent, addStandingChecks, type Compose, type Edge, HttpConfig, IdempotencyStore, openEdge } from '#platform/http';
import { configOf, PlatformModule } from './platform.module.js';
import { RpcModule, startRpc } from '#platform/transport';

export interface EdgeOptions {
  /** Read in place of the process environment: tests and benches. */
  env?: NodeJS.ProcessEnv;
  /** Databases that are open already: tests that share one. */
  databases?: Databases;
  /** Modules of the process itself beside the contexts' (the monolith's web page). */
  imports?: NonNullable<ModuleMetadata['imports']>;
  /** Contracts of contexts that other processes host: their calls go through Redis. */
  elsewhere?: Contract[];
  /** Everything else that this process knows of contexts it does not host. */
  absent?: Absent;
  /** False: only health checks and metrics are served (the worker). */
  publicHttp?: boolean;
  /** Makes the Nest application in place of NestFactory: tests that override providers. */
  compose?: Compose;
}

/** The HTTP application of a process that hosts `wirings`: whole and proven, not yet listening. */
export async function createEdge(wirings: ContextWiring[], options: EdgeOptions = {}): Promise<Edge> {
  const platform = PlatformModule.forRoot({ wirings, env: options.env, databases: options.databases,
    configElsewhere: await configElsewhere(wirings, options) });
  const config = loadConfig([CoreConfig, HttpConfig, ObservabilityConfig], options.env, { peek: true });
  const edge = await openEdge({
    core: config.get(CoreConfig) as CoreConfig,
    http: config.get(HttpConfig) as HttpConfig,
    observability: config.get(ObservabilityConfig) as ObservabilityConfig,
    imports: [platform, RpcModule.over(wirings.map(({ contract }) => contract as Contract), options.elsewhere ?? []),
      ...wirings.map((wiring) => wiring.module), ...(options.imports ?? [])],
    publicHttp: options.publicHttp ?? true,
    absent: options.absent,
    compose: options.compose,
    stopWork: (app) => app.get(WorkerHost, { strict: false }).beforeApplicationShutdown(),
    answers: (app) => new IdempotencyStore(app.get(Databases, { strict: false }), app.get(Secrets, { strict: false })),
  });
  addStandingChecks(edge.app);
  await startRpc(edge.app);
  return edge;
}

/** Loaded only where a variable is set that the contexts hosted here do not know. */
async function configElsewhere(wirings: ContextWiring[], { env = environment(), absent }: EdgeOptions): Promise<ConfigClass[]> {
  const known = new Set(configOf(wirings).flatMap(settingNames));
  return unknownSettings(known, env).length > 0 ? ((await absent?.config()) ?? []) : [];
}
