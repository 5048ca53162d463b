import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, type LoggerService, Module, type Provider, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type pg from 'pg';
import type { Actor } from '#platform/core';
import { Authenticator } from '#platform/http';
import { type ContextWiring, createEdge, type EdgeOptions, platformMigrations, openDatabases } from '#platform/runtime';
import type { Databases } from '#platform/database';
import { Caller, TestAuthenticator, testToken } from './caller.js';
import { type Engine, testDatabase } from './database.js';

export interface BootOptions {
  engine?: Engine;
  /** Stand-ins for contracts of contexts that are not booted: `{ provide: Search, useValue: new FakeSearch() }`. */
  fakes?: Provider[];
  /** Put in place of providers of the booted modules, by token. */
  overrides?: { provide: unknown; useValue: unknown }[];
  /** Settings. The process' own environment is not looked at. */
  env?: Record<string, string>;
}

export interface BootedContexts {
  app: NestFastifyApplication;
  /** A provider of any booted module. */
  get<T>(token: abstract new (...args: never[]) => T): T;
  /** Requests of a tenant's user, who may everything unless told otherwise. Where tenancy is booted, sign in and pass the token. */
  as(tenantId: string, actor?: Partial<Actor>): Caller;
  /** Requests with this token, or none. */
  with(token?: string): Caller;
  /** How a pg client gets in as the superuser, to look at what no tenant may see: `withClient(booted.admin, …)`. */
  admin: pg.ClientConfig;
  /** Listens on a free port, for what needs a socket: streams, real clients. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Boots these contexts on a database of their own: migrated, walled and proven as in production. One call per spec file, in beforeAll.
 *
 * @example
 * const booted = await bootContexts([context], { fakes: [{ provide: Search, useValue: fakeSearch }] });
 * await asTenant(tenantId, () => booted.get(Memory).recall({ text, limit: 3 }));
 * expect((await booted.as(tenantId).get('/v1/memories')).status).toBe(200);
 */
export async function bootContexts(wirings: ContextWiring[],
  { engine = 'embedded', fakes = [], overrides = [], env = {} }: BootOptions = {}): Promise<BootedContexts> {
  const place = await newPlace(engine, wirings);
  const standIns = wirings.some(({ name }) => name === 'tenancy') ? fakes
    : [{ provide: Authenticator, useClass: TestAuthenticator }, ...fakes];
  try {
    const edge = await createEdge(wirings, { env: { ...TEST_SETTINGS, ...place.env, ...env }, databases: place.databases,
      compose: overridden(overrides), imports: [standInModule(standIns)] });
    const caller = (token?: string): Caller => new Caller(edge.app, token);
    return {
      app: edge.app,
      get: (token) => edge.app.get(token as Type, { strict: false }),
      as: (tenantId, actor) => caller(testToken(tenantId, actor)),
      with: caller,
      admin: place.admin,
      listen: () => edge.listen(),
      close: async () => {
        await edge.close();
        await place.remove();
      },
    };
  } catch (error) {
    await place.remove();
    throw error;
  }
}

/** No real model, no limits that a busy test meets, secrets of its own. */
const TEST_SETTINGS = {
  NODE_ENV: 'test',
  PORT: '0',
  ATOLL_LOG_LEVEL: 'error',
  ATOLL_RATE_PER_MINUTE: '0',
  ATOLL_PUBLIC_RATE_PER_MINUTE: '0',
  ATOLL_DRAIN_SECONDS: '1',
};

interface Place {
  admin: pg.ClientConfig;
  env: Record<string, string>;
  databases?: Databases;
  remove(): Promise<void>;
}

async function newPlace(engine: Engine, wirings: ContextWiring[]): Promise<Place> {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-context-'));
  const database = await testDatabase({ engine, owners: wirings });
  const env = { ATOLL_DATA_DIR: dataDir, ...(database.url && { DATABASE_URL: database.url }) };
  const schemas = [{ name: 'kernel', migrations: platformMigrations, entities: [] }, ...wirings];
  const limits = { size: 5, statementMs: 30_000, waitMs: 10_000 };
  const databases = database.embedded ? await openDatabases([{ config: database.config, embedded: true, schemas, limits }]) : undefined;
  return {
    admin: database.admin,
    env,
    databases,
    remove: async () => {
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function overridden(overrides: NonNullable<BootOptions['overrides']>): EdgeOptions['compose'] {
  if (overrides.length === 0) return undefined;
  return async (root, adapter, options) => {
    const builder = Test.createTestingModule({ imports: [root] }).setLogger(options.logger as LoggerService);
    for (const { provide, useValue } of overrides) builder.overrideProvider(provide).useValue(useValue);
    return (await builder.compile()).createNestApplication<NestFastifyApplication>(adapter, options);
  };
}

function standInModule(providers: Provider[]): Type {
  @Global()
  @Module({ providers, exports: providers.map((one) => (typeof one === 'function' ? one : one.provide)) })
  class StandIns {}
  return StandIns;
}
