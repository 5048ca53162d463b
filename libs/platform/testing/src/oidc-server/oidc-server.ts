import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type CryptoKey, type JWK, SignJWT, UnsecuredJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

/** Who sits before the issuer's page. Further claims go into the ID token as they are. */
export interface OidcPerson {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
  [claim: string]: unknown;
}

/**
 * What is wrong with the next sign-in. Of the ID token: another nonce, audience, authorized party, issuer; ended; unsigned, signed with the
 * client secret (hs256) or by a key nobody published (foreign-key). Of the way: mixed-up comes back with another issuer's name (RFC 9207),
 * denied with an error, broken and slow are the token endpoint, userinfo leaves e-mail and name out of the ID token.
 */
export type OidcFault = 'nonce' | 'aud' | 'azp' | 'iss' | 'expired' | 'none' | 'hs256' | 'foreign-key' | 'mixed-up' | 'denied' | 'broken'
  | 'userinfo' | { slowMs: number };

interface Grant {
  person: OidcPerson;
  nonce: string | null;
  challenge: string;
  redirectUri: string;
  fault?: OidcFault;
}

interface Key {
  jwk: JWK;
  key: CryptoKey;
}

/**
 * An OpenID Connect issuer over a real socket: discovery, keys, authorization with PKCE S256, tokens, userinfo. It checks its client as a
 * real one does, so a missing verifier or a wrong secret fails here; and it fails when told to.
 *
 * @example
 * const issuer = await OidcServer.start();
 * issuer.person = { sub: '7', email: 'ada@example.org', email_verified: true };
 * issuer.next('nonce');
 */
export class OidcServer {
  readonly clientId = 'atoll';
  readonly clientSecret = 'a secret/with=odd characters';
  person: OidcPerson = { sub: 'nobody' };
  /** What its discovery document says otherwise. */
  discovery: Record<string, unknown> = {};
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  private keys: Key[] = [];
  private readonly faults: OidcFault[] = [];
  private readonly codes = new Map<string, Grant>();
  private readonly tokens = new Map<string, OidcPerson>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OidcServer> {
    const server = createServer();
    const issuer = new OidcServer(server);
    await issuer.rotate();
    server.on('request', (request, response) => {
      issuer.answer(request, response).catch((error: unknown) => send(response, 500, { error: String(error) }));
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Faults of the next sign-ins, one each. */
  next(...faults: OidcFault[]): void {
    this.faults.push(...faults);
  }

  /** A new key signs from now on; with `keepOld` the former ones stay published. */
  async rotate(keepOld = false): Promise<void> {
    const fresh = await newKey();
    this.keys = keepOld ? [fresh, ...this.keys] : [fresh];
  }

  /** As a browser whose person agrees: opens the page and gives the address it is sent back to. */
  async visit(url: string): Promise<string> {
    const response = await fetch(url, { redirect: 'manual' });
    const location = response.headers.get('location');
    if (!location) throw new Error(`the issuer answered ${response.status}: ${await response.text()}`);
    return location;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.url);
    this.asked.push(url.pathname);
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /.well-known/openid-configuration':
        return send(response, 200, this.document());
      case 'GET /keys':
        return send(response, 200, { keys: this.keys.map(({ jwk }) => jwk) });
      case 'GET /authorize':
        return this.authorize(url.searchParams, response);
      case 'POST /token':
        return this.token(request, new URLSearchParams(await text(request)), response);
      case 'GET /userinfo': {
        const person = this.tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
        return person ? send(response, 200, person) : send(response, 401, { error: 'invalid_token' });
      }
      default:
        return send(response, 404, {});
    }
  }

  private document(): object {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/keys`,
      userinfo_endpoint: `${this.url}/userinfo`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      ...this.discovery,
    };
  }

  private authorize(query: URLSearchParams, response: ServerResponse): void {
    const wanted = { client_id: this.clientId, response_type: 'code', code_challenge_method: 'S256' };
    const wrong = Object.entries(wanted).find(([name, value]) => query.get(name) !== value);
    const [challenge, redirectUri, state] = ['code_challenge', 'redirect_uri', 'state'].map((name) => query.get(name));
    if (wrong || !challenge || !redirectUri || !query.get('scope')?.split(' ').includes('openid'))
      return send(response, 400, { error: 'invalid_request', wrong });
    const fault = this.faults.shift();
    const back = new URL(redirectUri);
    if (state) back.searchParams.set('state', state);
    back.searchParams.set('iss', fault === 'mixed-up' ? 'https://other.example' : this.url);
    if (fault === 'denied') back.searchParams.set('error', 'access_denied');
    else {
      const code = randomBytes(16).toString('hex');
      this.codes.set(code, { person: { ...this.person }, nonce: query.get('nonce'), challenge, redirectUri, fault });
      back.searchParams.set('code', code);
    }
    response.writeHead(302, { location: back.href }).end();
  }

  private async token(request: IncomingMessage, form: URLSearchParams, response: ServerResponse): Promise<void> {
    const grant = this.codes.get(form.get('code') ?? '');
    this.codes.delete(form.get('code') ?? '');
    if (!this.isClient(request, form)) return send(response, 401, { error: 'invalid_client' });
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
    if (!grant || grant.challenge !== challenge || grant.redirectUri !== form.get('redirect_uri'))
      return send(response, 400, { error: 'invalid_grant' });
    if (grant.fault === 'broken') return send(response, 500, { error: 'server_error' });
    if (typeof grant.fault === 'object')
      await new Promise((resolve) => setTimeout(resolve, (grant.fault as { slowMs: number }).slowMs).unref());
    const accessToken = randomBytes(16).toString('hex');
    this.tokens.set(accessToken, grant.person);
    send(response, 200, { access_token: accessToken, token_type: 'Bearer', expires_in: 300, id_token: await this.idToken(grant) });
  }

  private isClient({ headers }: IncomingMessage, form: URLSearchParams): boolean {
    const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
    if (!basic) return form.get('client_id') === this.clientId && form.get('client_secret') === this.clientSecret;
    const [id, secret] = Buffer.from(basic, 'base64').toString().split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    return id === this.clientId && secret === this.clientSecret;
  }

  private async idToken({ person, nonce, fault }: Grant): Promise<string> {
    const { email, name, email_verified: verified, ...rest } = person;
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      ...rest,
      ...(fault !== 'userinfo' && { ...(email !== undefined && { email }), ...(verified !== undefined && { email_verified: verified }),
        ...(name !== undefined && { name }) }),
      iss: fault === 'iss' ? 'https://other.example' : this.url,
      aud: fault === 'aud' ? 'another-client' : this.clientId,
      ...(fault === 'azp' && { azp: 'another-client' }),
      ...(nonce !== null && { nonce: fault === 'nonce' ? 'another' : nonce }),
      iat: fault === 'expired' ? now - 7_200 : now,
      exp: fault === 'expired' ? now - 3_600 : now + 300,
    };
    if (fault === 'none') return new UnsecuredJWT(claims).encode();
    if (fault === 'hs256') return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(this.clientSecret));
    const { key, jwk } = fault === 'foreign-key' ? await newKey() : this.keys[0]!;
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: fault === 'foreign-key' ? this.keys[0]!.jwk.kid! : jwk.kid! })
      .sign(key);
  }
}

async function newKey(): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  return { jwk: { ...jwk, alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(jwk) }, key: privateKey };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
