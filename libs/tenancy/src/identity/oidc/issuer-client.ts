import { Injectable } from '@nestjs/common';
import * as oidc from 'openid-client';
import { AppError, CoreConfig } from '#platform/core';
import { Egress } from '#platform/adapters';
import { publicBase } from '../../organisation/tenant/public-base.js';
import { emailOf } from '../../organisation/email/address.js';
import { isLoopback, OidcConfig, webAddress } from './oidc.config.js';
import type { IssuerProof, Provider } from './provider.js';
import { badIssuer, issuerRefused, issuerUnreachable } from './refusals.js';

/** What one sign-in is recognised by when it comes back. */
export interface FlowSecrets {
  state: string;
  nonce: string;
  verifier: string;
}

type Metadata = oidc.ServerMetadata;

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint'] as const;
const OPTIONAL = new Set<string>(['userinfo_endpoint']);

const ANSWER_MS = 10_000;
const MAX_BYTES = 262_144;
/**
 * Endpoints of an issuer move seldom. Its keys are read anew at every sign-in: one that was replaced is trusted no longer, and its
 * successor at once.
 */
const FRESH_MS = 600_000;
const MOST_REMEMBERED = 1_000;
const MOST_SUBJECT = 255;
/** RFC 8176 words for more than a password. */
const STRONG = new Set(['mfa', 'otp', 'hwk', 'swk', 'fpt', 'face', 'sc']);

/**
 * OpenID Connect with any issuer: discovery, authorization code with PKCE, and every check of the ID token. Requests leave through the
 * egress.
 */
@Injectable()
export class IssuerClient {
  private readonly known = new Map<string, { metadata: Metadata; until: number }>();

  constructor(
    private readonly egress: Egress,
    private readonly config: OidcConfig,
    private readonly core: CoreConfig,
  ) {}

  get redirectUri(): string {
    return `${this.base}/v1/auth/oidc/callback`;
  }

  get base(): string {
    return publicBase(this.core);
  }

  /** Throws what is wrong with the address of an issuer that a tenant names; https, or an origin the operator allows. */
  assertNameable(issuer: string): void {
    const url = webAddress(issuer);
    if (!url || url.search !== '') throw badIssuer('must be an https address without a query');
    if (url.protocol === 'http:' && !this.isPrivate(url)) throw badIssuer('must be an https address');
  }

  /** Throws where the issuer does not answer as one. */
  async check(provider: Provider): Promise<void> {
    await this.client(provider, true);
  }

  async authorizationUrl(provider: Provider, { state, nonce, verifier }: FlowSecrets, loginHint?: string): Promise<string> {
    const url = oidc.buildAuthorizationUrl(await this.client(provider), {
      redirect_uri: this.redirectUri,
      scope: 'openid email profile',
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(loginHint && { login_hint: loginHint }),
    });
    return url.href;
  }

  /**
   * From the query of the callback to who it is. Whatever does not hold in it or in the ID token is refused without saying what to whom.
   */
  async redeem(provider: Provider, query: string, { state, nonce, verifier }: FlowSecrets): Promise<IssuerProof> {
    const client = await this.client(provider);
    try {
      const tokens = await oidc.authorizationCodeGrant(client, new URL(`${this.redirectUri}?${query}`),
        { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true });
      const claims = tokens.claims()!;
      if (claims.azp !== undefined && claims.azp !== provider.clientId) throw issuerRefused('the issuer answered for another client');
      const told = claims.email === undefined && client.serverMetadata().userinfo_endpoint
        ? await oidc.fetchUserInfo(client, tokens.access_token, claims.sub) : claims;
      return proofOf(provider, { ...claims, email: told.email, email_verified: told.email_verified, name: told.name ?? claims.name });
    } catch (error) {
      throw translated(error);
    }
  }

  private async client(provider: Provider, anew = false): Promise<oidc.Configuration> {
    const metadata = await this.metadata(provider, anew);
    const methods: unknown = metadata.token_endpoint_auth_methods_supported;
    const authentication = provider.clientSecret === null ? oidc.None()
      : Array.isArray(methods) && methods.includes('client_secret_post') ? oidc.ClientSecretPost(provider.clientSecret)
        : oidc.ClientSecretBasic(provider.clientSecret);
    const client = new oidc.Configuration(metadata, provider.clientId, undefined, authentication);
    client[oidc.customFetch] = this.fetchFor(provider);
    client.timeout = ANSWER_MS / 1_000;
    oidc.enableNonRepudiationChecks(client);
    if (ENDPOINTS.some((name) => String(metadata[name]).startsWith('http:'))) oidc.allowInsecureRequests(client);
    return client;
  }

  private async metadata(provider: Provider, anew: boolean): Promise<Metadata> {
    const key = `${provider.tenantId ?? ''} ${provider.issuer}`;
    const known = this.known.get(key);
    if (known && known.until > Date.now() && !anew) return known.metadata;
    try {
      const found = await oidc.discovery(new URL(provider.issuer), provider.clientId, undefined, oidc.None(), {
        [oidc.customFetch]: this.fetchFor(provider),
        timeout: ANSWER_MS / 1_000,
        ...(this.mayBePlain(provider, new URL(provider.issuer)) && { execute: [oidc.allowInsecureRequests] }),
      });
      const metadata = found.serverMetadata();
      const odd = ENDPOINTS.find((name) => !this.isUsable(provider, metadata[name], OPTIONAL.has(name)));
      if (odd) throw anew ? badIssuer(`names a ${odd} that is no https address`) : issuerRefused(`the issuer's ${odd} is no https address`);
      if (this.known.size >= MOST_REMEMBERED) this.known.clear();
      this.known.set(key, { metadata, until: Date.now() + FRESH_MS });
      return metadata;
    } catch (error) {
      throw error instanceof AppError ? error : (refusalIn(error) ?? issuerUnreachable(error));
    }
  }

  /** An issuer of the deployment may be anywhere; a tenant's only on the public internet, or where the operator allows it. */
  private fetchFor(provider: Provider): oidc.CustomFetch {
    return (url, { method, headers, body, signal }) => {
      const trust = provider.tenantId === null || this.isPrivate(new URL(url)) ? 'operator' : 'user';
      return this.egress.fetch(url, { method, headers, body: body as RequestInit['body'], signal },
        { purpose: 'tenancy.issuer', trust, timeoutMs: ANSWER_MS, bodyTimeoutMs: ANSWER_MS, maxBytes: MAX_BYTES, maxRedirects: 0 });
    };
  }

  /** What a browser is sent to and secrets are sent to: nothing but https, whatever the issuer's document says. */
  private isUsable(provider: Provider, endpoint: unknown, optional: boolean): boolean {
    if (endpoint === undefined) return optional;
    const url = webAddress(endpoint);
    return url?.protocol === 'https:' || (url !== undefined && this.mayBePlain(provider, url));
  }

  /** Plain http: on this machine while developing, and where the operator says so. */
  private mayBePlain({ tenantId }: Provider, url: URL): boolean {
    return url.protocol === 'http:' && (this.isPrivate(url) || (tenantId === null && isLoopback(url) && !this.core.production));
  }

  private isPrivate({ origin }: URL): boolean {
    return this.config.privateIssuers.includes(origin);
  }
}

function proofOf(
  provider: Provider, { sub, email, email_verified: verified, name, amr }: Record<string, unknown> & { sub: string },
): IssuerProof {
  if (sub.length === 0 || sub.length > MOST_SUBJECT) throw issuerRefused('the issuer gave no usable name of the account');
  const address = emailOf(email) ?? null;
  const words = Array.isArray(amr) ? amr : [];
  return {
    issuer: provider.issuer,
    subject: sub,
    email: address,
    emailVerified: address !== null && (verified === true || (verified === undefined && provider.trustsEmail)),
    name: typeof name === 'string' ? name : null,
    strong: provider.trustsFactor && words.some((word) => STRONG.has(String(word))),
  };
}

/** What the egress said, wherever the library has wrapped it. */
function refusalIn(error: unknown): AppError | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof AppError) return at;
  return undefined;
}

function translated(error: unknown): AppError {
  const own = refusalIn(error);
  if (own) return own;
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at.cause instanceof Response && at.cause.status >= 500)
    return issuerUnreachable(error);
  if (error instanceof oidc.AuthorizationResponseError)
    return issuerRefused(error.error === 'access_denied' ? 'the sign-in was cancelled at the issuer' : 'the issuer refused the sign-in',
      error);
  if (error instanceof oidc.ResponseBodyError) return issuerRefused('the issuer did not accept the code it had given', error);
  return issuerRefused('the answer of the issuer does not hold', error);
}
