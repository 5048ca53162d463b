import { Db } from '#platform/database';
import { newId } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts, type Engine } from '#platform/testing';
import { type NewTenant, Tenancy } from '#tenancy';
import { TenancyModule, context } from '#tenancy/module';
import type { Tokens } from '../src/identity/session/session.service.js';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the route says; specs look at single fields of it
  body: any;
}

export interface Ask {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Address the request comes from. */
  from?: string;
}

export type SignedInBody = Tokens & { tenant: { id: string; name: string }; userId: string };

/** One running application that hosts tenancy alone; requests may come from any address. */
export class House {
  private constructor(private readonly booted: BootedContexts) {}

  static async open(engine: Engine, env: Record<string, string> = {}): Promise<House> {
    return new House(await bootContexts([context], { engine, env }));
  }

  get db(): Db {
    return this.booted.app.select(TenancyModule).get(Db, { strict: false });
  }

  get<T>(token: abstract new (...args: never[]) => T): T {
    return this.booted.get(token);
  }

  inTenant<T>(tenantId: string, work: () => T): T {
    return asTenant(tenantId, work);
  }

  /** Where it answers what needs a socket. */
  listen(): Promise<string> {
    return this.booted.listen();
  }

  close(): Promise<void> {
    return this.booted.close();
  }

  async ask(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string,
    { token, body, headers = {}, from }: Ask = {}): Promise<Answer> {
    const response = await this.booted.app.inject({
      method,
      url,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { payload: body as object }),
      ...(from && { remoteAddress: from }),
    });
    return { status: response.statusCode, headers: response.headers as Record<string, string>,
      body: response.body === '' ? undefined : response.json() };
  }

  /** A fresh tenant and its owner, made without HTTP and signed in: also where addresses have to be verified. */
  async owner(change: Partial<NewTenant> = {}): Promise<SignedInBody & { email: string; password: string }> {
    const entry = { tenantName: 'Reef', name: 'Ada', email: `${newId()}@example.org`, password: 'correct horse battery', ...change };
    const { tenantId } = await this.get(Tenancy).register(entry);
    const { status, body } = await this.ask('POST', '/v1/auth/login', { body: { email: entry.email, password: entry.password, tenantId } });
    if (status !== 200) throw new Error(`login answered ${status}: ${JSON.stringify(body)}`);
    return { ...body, email: entry.email, password: entry.password };
  }

  async text(url: string, token: string): Promise<string> {
    return (await this.booted.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } })).body;
  }

  /** A fresh tenant and its owner. */
  async register(change: Record<string, unknown> = {}): Promise<SignedInBody & { email: string; password: string }> {
    const email = `${newId()}@example.org`;
    const password = 'correct horse battery';
    const entry = { tenantName: 'Reef', name: 'Ada', email, password, ...change };
    const { status, body } = await this.ask('POST', '/v1/auth/register', { body: entry });
    if (status !== 201) throw new Error(`register answered ${status}: ${JSON.stringify(body)}`);
    return { ...body, email: entry.email, password: entry.password };
  }
}
