import type { IdentityRow } from '../identities/identity.entity.js';
import { oneLine } from '../../access/profile.js';
import type { Entrance } from '../../organisation/tenant/tenant.service.js';
import type { IssuerProof } from './provider.js';

/** Somebody whom an issuer has proved, recognised, and not yet let in. */
export interface RecognisedAccount {
  /** Null: nobody has this address yet. */
  identity: IdentityRow | null;
  /** Connects, joins, and says where they may enter; may run again after it failed. */
  link(tenantId: string | undefined): Promise<Entrance>;
}

/** What the issuer calls them, if that can be a name here. */
export function nameOf({ name, email }: IssuerProof): string {
  for (const text of [name, email?.split('@')[0]]) {
    try {
      if (text) return oneLine(text.slice(0, 120), 'name');
    } catch {
      // Nothing visible is in it: the next one.
    }
  }
  return 'Member';
}
