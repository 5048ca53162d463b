import type { OidcServer } from '#platform/testing';
import type { Answer, House } from './house.js';

/** A browser that signs in at an issuer: follows where it is sent, and keeps the cookie. */
export class Browser {
  cookie?: string;

  constructor(
    private readonly house: House,
    private readonly issuer: OidcServer,
  ) {}

  /** Begins, visits the issuer, comes back: the ticket of the page it returns to. */
  async signIn(start: Record<string, unknown>): Promise<string> {
    return this.comeBack(await this.visit(await this.start(start)));
  }

  /** From start to finish. */
  async whole(start: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<Answer> {
    return this.finish(await this.signIn(start), more);
  }

  async start(body: Record<string, unknown>, token?: string): Promise<string> {
    const answer = token === undefined
      ? await this.house.ask('POST', '/v1/auth/oidc/start', { body, headers: this.headers() })
      : await this.house.ask('POST', '/v1/me/external-logins', { token, body, headers: this.headers() });
    if (answer.status !== 200) throw new Error(`start answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.cookie = String(answer.headers['set-cookie']).split(';')[0];
    return answer.body.url as string;
  }

  /** The address the issuer sends the browser to. */
  async visit(url: string): Promise<URL> {
    return new URL(await this.issuer.visit(url));
  }

  /** Where the callback sends the browser. */
  async callback(back: URL): Promise<Answer> {
    return this.house.ask('GET', back.pathname + back.search, { headers: this.headers() });
  }

  async comeBack(back: URL): Promise<string> {
    const { status, headers, body } = await this.callback(back);
    if (status !== 302) throw new Error(`callback answered ${status}: ${JSON.stringify(body)}`);
    return headers.location!.split('#sign-in=')[1]!;
  }

  finish(ticket: string, more: Record<string, unknown> = {}): Promise<Answer> {
    return this.house.ask('POST', '/v1/auth/oidc/finish', { body: { ticket, ...more }, headers: this.headers() });
  }

  private headers(): Record<string, string> {
    return this.cookie === undefined ? {} : { cookie: this.cookie };
  }
}
