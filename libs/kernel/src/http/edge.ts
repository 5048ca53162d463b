import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Provider } from '@nestjs/common';
import type { ContextWiring } from '../contract/context.js';

export interface EdgeOptions {
  /** Read in place of the process environment: tests and benches. */
  env?: NodeJS.ProcessEnv;
  /** Providers put in place of the modules' own, by token: tests. */
  overrides?: { provide: unknown; useValue: unknown }[];
  /** Extra controllers of the process itself (the monolith's web page). */
  providers?: Provider[];
}

export interface Edge {
  app: NestFastifyApplication;
  /** Listens on the configured host and port and resolves to the address in use. */
  listen(port?: number): Promise<string>;
  /** Stops accepting, lets open requests and streams finish within ATOLL_DRAIN_SECONDS, closes everything. Also what SIGTERM does. */
  drain(): Promise<void>;
}

export type CreateEdge = (wirings: ContextWiring[], options?: EdgeOptions) => Promise<Edge>;
