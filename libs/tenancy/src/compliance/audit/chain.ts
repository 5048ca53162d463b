import { createHash } from 'node:crypto';

/** One thing that was done, as it is hashed and shown. */
export interface AuditEntry {
  /** Its place in the tenant's chain, from 1 without gaps. */
  sequence: number;
  id: string;
  /** When it was done, ISO 8601 in UTC; the place in the chain is the order of writing down. */
  at: string;
  action: string;
  actor: { kind: string; id: string };
  target: string | null;
  detail: Record<string, unknown>;
  requestId: string | null;
  tenantId: string;
  /** Hash of the entry before; empty in the first. */
  previous: string;
}

/** As it stands in the table: `hash` is the SHA-256 of exactly these characters of `body`. */
export interface StoredEntry {
  sequence: number;
  body: string;
  hash: string;
}

export function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

export interface ChainFault {
  /** The first sequence that is not what it was. */
  sequence: number;
  what: string;
}

/** What is known of a chain from elsewhere: the hash of each sequence that a checkpoint has seen. */
export type Witness = (sequence: number) => string | undefined;

/** Walks along a chain, entry by entry, up to the first that is not what was written. */
export class ChainWalk {
  private constructor(
    private readonly tenantId: string,
    private last: { sequence: number; hash: string },
    private readonly witness: Witness,
  ) {}

  static from(tenantId: string, last: { sequence: number; hash: string } = { sequence: 0, hash: '' },
    witness: Witness = () => undefined): ChainWalk {
    return new ChainWalk(tenantId, last, witness);
  }

  get length(): number {
    return this.last.sequence;
  }

  get hash(): string {
    return this.last.hash;
  }

  /** The fault of this entry, or undefined; the walk ends with the first. */
  step({ sequence, body, hash }: StoredEntry): ChainFault | undefined {
    const expected = this.last.sequence + 1;
    const fault = (what: string): ChainFault => ({ sequence: expected, what });
    if (sequence !== expected) return fault(`is missing: ${sequence} follows ${this.last.sequence}`);
    if (hashOf(body) !== hash) return fault('was changed: its text does not have its hash');
    const entry = parsed(body);
    if (!entry || entry.sequence !== sequence || entry.tenantId !== this.tenantId)
      return fault('was moved: its text names another place or another tenant');
    if (entry.previous !== this.last.hash) return fault('does not follow from the entry before it');
    const seen = this.witness(sequence);
    if (seen !== undefined && seen !== hash)
      return fault('is not the one that a checkpoint has seen: the chain was written anew from here');
    this.last = { sequence, hash };
    return undefined;
  }
}

function parsed(body: string): AuditEntry | undefined {
  try {
    return JSON.parse(body) as AuditEntry;
  } catch {
    return undefined;
  }
}
