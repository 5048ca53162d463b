import type { ModuleMetadata } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CoreConfig } from '../config/core.config.js';
import { loadConfig } from '../config/load.js';
import type { ContextWiring } from '../contract/context.js';
import type { Databases } from '../db/databases.js';
import { ObservabilityConfig } from '../observability/observability.config.js';
import { KernelModule } from '../module.js';
import { HttpConfig } from './http.config.js';
import { openEdge } from './open-edge.js';

export interface EdgeOptions {
  /** Read in place of the process environment: tests and benches. */
  env?: NodeJS.ProcessEnv;
  /** Put in place of the modules' own providers, by token: tests (needs @nestjs/testing). */
  overrides?: { provide: unknown; useValue: unknown }[];
  /** Databases that are open already: tests that share one. */
  databases?: Databases;
  /** Modules of the process itself beside the contexts' (the monolith's web page). */
  imports?: NonNullable<ModuleMetadata['imports']>;
  /** False: only health checks and metrics are served (the worker). */
  publicHttp?: boolean;
}

export interface Edge {
  app: NestFastifyApplication;
  /** Listens on the configured host and port, resolves to the address in use, and from then on drains on SIGTERM and SIGINT. */
  listen(): Promise<string>;
  /** Stops accepting, lets requests and streams finish within ATOLL_DRAIN_SECONDS, sends the rest away with a resume hint, closes everything. */
  drain(): Promise<void>;
  /** Closes at once: tests. */
  close(): Promise<void>;
}

/** The HTTP application of a process that hosts `wirings`: whole and proven, not yet listening. */
export async function createEdge(wirings: ContextWiring[], options: EdgeOptions = {}): Promise<Edge> {
  const kernel = KernelModule.forRoot({ wirings, env: options.env, databases: options.databases });
  const config = loadConfig([CoreConfig, HttpConfig, ObservabilityConfig], options.env, { checkUnknown: false });
  return openEdge({
    core: config.get(CoreConfig) as CoreConfig,
    http: config.get(HttpConfig) as HttpConfig,
    observability: config.get(ObservabilityConfig) as ObservabilityConfig,
    imports: [kernel, ...wirings.map((wiring) => wiring.module), ...(options.imports ?? [])],
    overrides: options.overrides ?? [],
    publicHttp: options.publicHttp ?? true,
  });
}
