import type { InjectOptions } from 'light-my-request';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Actor, AppError } from '#platform/core';
import { Authenticator, type Principal } from '#platform/http';
import { userOf } from './as-tenant.js';

/** Believes the test tokens of `Caller`: in place of tenancy, where a test boots contexts without it. */
export class TestAuthenticator extends Authenticator {
  override async authenticate({ token }: { scheme: 'bearer'; token: string }): Promise<Principal> {
    if (!token.startsWith('test.'))
      throw new AppError('unauthenticated', 'testing.token', 'This process believes test tokens only. Make one with testToken().');
    return JSON.parse(Buffer.from(token.slice(5), 'base64url').toString()) as Principal;
  }
}

export function testToken(tenantId: string, actor: Partial<Actor> = {}): string {
  const whole: Actor = { kind: 'user', id: userOf(tenantId), roles: ['owner'], permissions: ['*'], ...actor };
  const principal: Principal = { tenantId, actor: whole, credentialId: whole.id };
  return `test.${Buffer.from(JSON.stringify(principal)).toString('base64url')}`;
}

export interface Answer<T> {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  /** The body as JSON; undefined where there is none. */
  body: T;
}

/** HTTP requests with one bearer token, straight into the application: everything but the socket is real. */
export class Caller {
  constructor(private readonly app: NestFastifyApplication, private readonly token?: string) {}

  get<T = Record<string, unknown>>(url: string, headers?: Record<string, string>): Promise<Answer<T>> {
    return this.send('GET', url, undefined, headers);
  }

  post<T = Record<string, unknown>>(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
    return this.send('POST', url, body, headers);
  }

  put<T = Record<string, unknown>>(url: string, body?: unknown): Promise<Answer<T>> {
    return this.send('PUT', url, body);
  }

  patch<T = Record<string, unknown>>(url: string, body?: unknown): Promise<Answer<T>> {
    return this.send('PATCH', url, body);
  }

  delete<T = Record<string, unknown>>(url: string): Promise<Answer<T>> {
    return this.send('DELETE', url);
  }

  private async send<T>(method: InjectOptions['method'], url: string, body?: unknown,
    headers: Record<string, string> = {}): Promise<Answer<T>> {
    const authorization = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
    const response = await this.app.inject({ method, url, headers: { ...authorization, ...headers },
      payload: body as InjectOptions['payload'] });
    const json = /json/.test(String(response.headers['content-type']));
    return { status: response.statusCode, headers: response.headers, text: response.body,
      body: (json && response.body !== '' ? JSON.parse(response.body) : undefined) as T };
  }
}
