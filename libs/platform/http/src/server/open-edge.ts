import type { Server } from 'node:http';
import type { DynamicModule, ModuleMetadata, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { type ConfigClass, configureLogging, type CoreConfig, NestLogger, type ObservabilityConfig, Secrets,
  startTracing } from '#platform/core';
import { signCursorsWith } from '#platform/database';
import { BestEffortRedis } from '#platform/transport';
import { SharedRates } from '../guard/shared-rates.js';
import { LocalEmitter } from '#platform/messaging';
import { RevocationWatch } from '../guard/revocation-watch.js';
import { allowOrigins } from './cors.js';
import { SilentConnections, drainEdge } from './drain.js';
import { EdgeAdapter } from './edge-adapter.js';
import { EdgeModule } from './edge.module.js';
import { exitOnSignals } from './exit-on-signals.js';
import { type ForwardedContext, Forwarding } from '../forward/forwarding.js';
import { installRequestHooks } from './request-hooks.js';
import { serveMetrics } from '../health/metrics-server.js';
import { measureProcess } from '../health/process-metrics.js';
import type { HttpConfig } from '../config/http.config.js';
import type { IdempotencyStore } from '../idempotency/idempotency.store.js';
import { readJsonBodies } from '../body/json-body.js';
import { Lifecycle } from '../health/lifecycle.js';
import { serveDocs } from '../openapi/serve-docs.js';
import { Authenticator } from '../request/principal.js';
import { TrustedForwarder } from '../request/trusted-forwarder.js';
import { ProblemFilter } from '../problems/send-problem.js';
import { readForms } from '../body/uploads.js';
import { StrictPipe } from '../body/validation.js';

/** How modules become an application: tests put providers in place of the modules' own here. */
export type Compose = (root: DynamicModule, adapter: FastifyAdapter, options: NestApplicationOptions) => Promise<NestFastifyApplication>;

/** The contexts that this process does not host. */
export interface Absent {
  names: string[];
  /** Those whose routes are served here by handing them on. */
  forwarded: ForwardedContext[];
  /** All their controllers, loaded when somebody asks for the API's description. */
  controllers: () => Promise<Type[]>;
  /** All their settings, loaded when the environment has some that are not of this process. */
  config: () => Promise<ConfigClass[]>;
}

const NOTHING_ABSENT: Absent = { names: [], forwarded: [], controllers: async () => [], config: async () => [] };

interface EdgeParts {
  core: CoreConfig;
  http: HttpConfig;
  observability: ObservabilityConfig;
  imports: NonNullable<ModuleMetadata['imports']>;
  publicHttp: boolean;
  /** Contexts that other processes host, and what of them this process knows. */
  absent?: Absent;
  /** Makes the Nest application; by default NestFactory does. */
  compose?: Compose;
  /** Ends background work while the streams still drain. */
  stopWork?: (app: NestFastifyApplication) => Promise<void>;
  /** Where answers under an Idempotency-Key are kept. */
  answers?: (app: NestFastifyApplication) => IdempotencyStore;
}

export interface Edge {
  app: NestFastifyApplication;
  /** Listens on the configured host and port, resolves to the address in use, and from then on drains on SIGTERM and SIGINT. */
  listen(): Promise<string>;
  /**
   * Stops accepting, lets requests and streams finish within ATOLL_DRAIN_SECONDS, sends the rest away with a resume hint, closes
   * everything.
   */
  drain(): Promise<void>;
  /** Aborts when the process is on its way out. */
  leaving: AbortSignal;
  /** Closes at once: tests. */
  close(): Promise<void>;
}

/** Puts the application together from modules and configuration; knows nothing of databases or contexts. */
export async function openEdge({ core, http, observability, imports, publicHttp, absent = NOTHING_ABSENT, compose = composed, stopWork,
  answers }: EdgeParts): Promise<Edge> {
  configureLogging({ level: core.logLevel, format: core.logFormat });
  const stopTracing = await startTracing(observability);
  const adapter = new EdgeAdapter(http);
  const forwarder = new TrustedForwarder();
  const { guard, idempotency } = installRequestHooks(adapter, forwarder, { core, http, publicHttp });
  readJsonBodies(adapter.server, http);
  if (publicHttp) await readForms(adapter.server);
  const app = await compose(EdgeModule.over(imports), adapter, { bodyParser: false, abortOnError: false, logger: new NestLogger() });
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(new StrictPipe());
  if (http.corsOrigins.length > 0) allowOrigins(app, http.corsOrigins);
  if (publicHttp && (http.docs ?? !core.production)) serveDocs(app, adapter.server, core, absent.controllers);
  if (publicHttp) new Forwarding(http, adapter.streams, forwarder).install(adapter.server, absent.forwarded);
  adapter.unserved = absent.names.filter((name) => !absent.forwarded.some(({ context }) => context === name));
  await app.init();
  adapter.assertDeclared();
  const authenticator = optional(app, Authenticator);
  const live = optional(app, BestEffortRedis);
  guard.use(authenticator, live?.configured ? new SharedRates(live) : undefined);
  const watch = new RevocationWatch(authenticator, guard, adapter.streams);
  watch.start(optional(app, LocalEmitter));
  idempotency.use(answers?.(app));
  const secrets = optional(app, Secrets);
  forwarder.use(secrets);
  if (secrets) signCursorsWith(secrets);
  await adapter.server.ready();
  measureProcess(adapter.streams, core.dataDir);

  let metricsServer: Server | undefined;
  const close = async (): Promise<void> => {
    watch.stop();
    metricsServer?.close();
    await app.close();
    await stopTracing();
  };
  const { server } = adapter.server;
  const silent = new SilentConnections(server);
  const lifecycle = app.get(Lifecycle, { strict: false });
  const drain = (): Promise<void> => drainEdge({ server, silent, streams: adapter.streams, lifecycle,
    delayMs: core.shutdownDelaySeconds * 1_000, graceMs: core.drainSeconds * 1_000, stopWork: async () => stopWork?.(app), close });
  return {
    app,
    leaving: lifecycle.leaving,
    close,
    drain,
    async listen() {
      await app.listen(core.port, core.host);
      if (core.metricsPort > 0) metricsServer = await serveMetrics(core.host, core.metricsPort);
      if (core.environment !== 'test') exitOnSignals(drain);
      return app.getUrl();
    },
  };
}

function composed(root: DynamicModule, adapter: FastifyAdapter, options: NestApplicationOptions): Promise<NestFastifyApplication> {
  return NestFactory.create<NestFastifyApplication>(root, adapter, options);
}

function optional<T>(app: NestFastifyApplication, token: abstract new (...args: never[]) => T): T | undefined {
  try {
    return app.get(token, { strict: false });
  } catch {
    return undefined;
  }
}
