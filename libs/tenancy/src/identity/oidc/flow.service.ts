import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type ErrorData, errorData, Secrets } from '#platform/core';
import { Db } from '#platform/database';
import type { FlowSecrets } from './issuer-client.js';
import type { IssuerProof, Provider } from './provider.js';
import { flowRefused } from './refusals.js';

const PURPOSE = 'tenancy.oidc-flow';
export const FLOW_MINUTES = 10;

/** A sign-in at an issuer that is under way. */
export interface OidcFlow {
  /** Names the row; not what the browser carries. */
  stateHash: string;
  provider: string;
  tenant: string | null;
  purpose: 'sign-in' | 'link';
  /** Who connects an account, when `purpose` is link. */
  memberId: string | null;
  returnTo: string;
  secrets: FlowSecrets & { invitation?: string };
}

export type OidcOutcome = { proof: IssuerProof } | { fault: ErrorData };

interface Row extends Omit<OidcFlow, 'secrets'> {
  sealed: string;
  outcome: string | null;
}

const COLUMNS = 'state_hash as "stateHash", provider, tenant, purpose, member_id as "memberId", return_to as "returnTo", sealed, outcome';

/**
 * Sign-ins between their beginning and their end. In Postgres, so that any process finishes what another one began; bound to the browser by
 * a cookie of which only the hash is kept; each step is taken once, by one conditional update.
 */
@Injectable()
export class FlowService {
  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
  ) {}

  async begin(
    provider: Provider, browser: string, entry: { purpose: OidcFlow['purpose']; memberId?: string; returnTo: string; invitation?: string },
  ): Promise<FlowSecrets> {
    const made: FlowSecrets = { state: random(), nonce: random(), verifier: random() };
    const stateHash = hashOf(made.state);
    const sealed = this.secrets.seal(PURPOSE, JSON.stringify({ ...made, ...(entry.invitation && { invitation: entry.invitation }) }),
      stateHash);
    await this.db.systemQuery('a sign-in at an issuer begins', `
      insert into tenancy.oidc_flow (state_hash, browser_hash, provider, tenant, purpose, sealed, member_id, return_to, expires_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(mins => $9))`,
    [stateHash, hashOf(browser), provider.key, provider.tenantId, entry.purpose, sealed, entry.memberId ?? null, entry.returnTo,
      FLOW_MINUTES]);
    return made;
  }

  /** The flow of an answer that came back, in the browser that began it; once. Another browser uses nothing up. */
  async take(state: string, browser: string): Promise<OidcFlow> {
    const [row] = await this.db.systemQuery<Row>('a sign-in comes back from its issuer', `
      update tenancy.oidc_flow set status = 'answered' where state_hash = $1 and browser_hash = $2 and status = 'open' and expires_at >
      now() returning ${COLUMNS}`,
    [hashOf(state), hashOf(browser)]);
    if (!row) throw flowRefused();
    return this.opened(row);
  }

  /** Keeps what became of it; the text takes it up again, once. */
  async keep({ stateHash }: OidcFlow, outcome: { proof: IssuerProof } | { error: unknown }): Promise<string> {
    const ticket = random();
    const kept: OidcOutcome = 'proof' in outcome ? outcome : { fault: errorData(outcome.error) };
    await this.db.systemQuery('what an issuer said', 'update tenancy.oidc_flow set outcome = $2, ticket_hash = $3 where state_hash = $1', [
      stateHash, this.secrets.seal(PURPOSE, JSON.stringify(kept), stateHash), hashOf(ticket),
    ]);
    return ticket;
  }

  async look(ticket: string, browser: string): Promise<{ flow: OidcFlow; outcome: OidcOutcome }> {
    const [row] = await this.db.systemQuery<Row>('a sign-in is about to end', `
      select ${COLUMNS} from tenancy.oidc_flow where ticket_hash = $1 and browser_hash = $2 and status = 'answered' and expires_at > now()`,
    [hashOf(ticket), hashOf(browser)]);
    if (!row?.outcome) throw flowRefused();
    return {
      flow: this.opened(row), outcome: JSON.parse(this.secrets.open(PURPOSE, row.outcome, row.stateHash).toString()) as OidcOutcome,
    };
  }

  /** Of any number of parallel uses one goes on. */
  async use({ stateHash }: OidcFlow): Promise<void> {
    const used = await this.db.systemQuery(
      'a sign-in ends',
      `update tenancy.oidc_flow set status = 'used', outcome = null where state_hash = $1 and status = 'answered' returning 1`,
      [stateHash],
    );
    if (used.length === 0) throw flowRefused();
  }

  private opened({ sealed, outcome: _outcome, ...row }: Row): OidcFlow {
    return { ...row, secrets: JSON.parse(this.secrets.open(PURPOSE, sealed, row.stateHash).toString()) as OidcFlow['secrets'] };
  }
}

export function random(): string {
  return randomBytes(32).toString('base64url');
}

/** Of 256 random bits; there is nothing to guess. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
