import type { ModuleMetadata } from '@nestjs/common';
import { CoreConfig } from '../config/core.config.js';
import type { ConfigClass } from '../config/env.decorator.js';
import { environment, loadConfig, namesOf, unknownSettings } from '../config/load.js';
import type { ContextWiring } from '../contract/context.js';
import type { Contract } from '../contract/contract.js';
import { Secrets } from '../crypto/secrets.js';
import { Databases } from '../db/databases.js';
import { PostOffice } from '../delivery/post-office.js';
import { addStandingChecks } from './health/standing-checks.js';
import { IdempotencyStore } from './idempotency/idempotency.store.js';
import { ObservabilityConfig } from '../observability/observability.config.js';
import { configOf, KernelModule } from '../module.js';
import { RemoteModule } from '../remote/remote.module.js';
import { HttpConfig } from './http.config.js';
import { type Absent, type Compose, type Edge, openEdge } from './open-edge.js';

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
  const kernel = KernelModule.forRoot({ wirings, env: options.env, databases: options.databases, configElsewhere: await configElsewhere(wirings, options) });
  const config = loadConfig([CoreConfig, HttpConfig, ObservabilityConfig], options.env, { peek: true });
  const edge = await openEdge({
    core: config.get(CoreConfig) as CoreConfig,
    http: config.get(HttpConfig) as HttpConfig,
    observability: config.get(ObservabilityConfig) as ObservabilityConfig,
    imports: [kernel, RemoteModule.over(wirings, options.elsewhere ?? []), ...wirings.map((wiring) => wiring.module), ...(options.imports ?? [])],
    publicHttp: options.publicHttp ?? true,
    absent: options.absent,
    compose: options.compose,
    stopWork: (app) => app.get(PostOffice, { strict: false }).beforeApplicationShutdown(),
    answers: (app) => new IdempotencyStore(app.get(Databases, { strict: false }).of('kernel'), app.get(Secrets, { strict: false })),
  });
  addStandingChecks(edge.app);
  return edge;
}

/** Loaded only where a variable is set that the contexts hosted here do not know. */
async function configElsewhere(wirings: ContextWiring[], { env = environment(), absent }: EdgeOptions): Promise<ConfigClass[]> {
  const known = new Set(configOf(wirings).flatMap(namesOf));
  return unknownSettings(known, env).length > 0 ? ((await absent?.config()) ?? []) : [];
}
