import { Injectable } from '@nestjs/common';
import { type CryptoKey, type JWK, calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, importJWK, importPKCS8 } from 'jose';
import { Db } from '#platform/database';
import { Secrets } from '#platform/core';
import { TenancyConfig } from '../../tenancy.config.js';
import { SigningKeyRow } from './signing-key.entity.js';

export const TOKEN_ALGORITHM = 'EdDSA';

const DAY_MS = 86_400_000;
const PURPOSE = 'tenancy.signing-key';
/** How long a process trusts the keys it has read. The next key is published a whole period ahead, so nobody meets a key unprepared. */
const FRESH_MS = 60_000;
/** A kid nobody knows costs a look into the database this often at most, however many are sent. */
const UNKNOWN_PAUSE_MS = 5_000;

interface Key {
  kid: string;
  activeFrom: number;
  publicJwk: JWK;
  publicKey: CryptoKey;
  sealed: string;
}

/**
 * The keys of access tokens: the current one signs, the next one is published already, the former one still verifies until the last
 * token it signed has ended. Time is cut into periods and each has one key, whose row any process may be the first to write: there
 * is nothing to coordinate, and no moment without a key.
 */
@Injectable()
export class SigningKeyService {
  private keys: Key[] = [];
  private readAt = 0;
  private reading: Promise<void> | undefined;
  private signer: { kid: string; key: CryptoKey } | undefined;

  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
    private readonly config: TenancyConfig,
  ) {}

  /** The key that signs now. */
  async current(now = Date.now()): Promise<{ kid: string; key: CryptoKey }> {
    if (now - this.readAt > FRESH_MS || !this.keyOf(this.periodStart(now))) await this.read(now);
    const { kid, sealed } = this.keyOf(this.periodStart(now))!;
    if (this.signer?.kid !== kid) {
      const pem = this.secrets.open(PURPOSE, sealed, kid).toString();
      this.signer = { kid, key: await importPKCS8(pem, TOKEN_ALGORITHM) };
    }
    return this.signer;
  }

  /** The public key of a token's kid, while tokens signed by it may be alive. */
  async verifier(kid: string, now = Date.now()): Promise<CryptoKey | undefined> {
    const age = now - this.readAt;
    if (age > FRESH_MS || (age > UNKNOWN_PAUSE_MS && !this.keys.some((key) => key.kid === kid))) await this.read(now);
    return this.published(now).find((key) => key.kid === kid)?.publicKey;
  }

  /** RFC 7517 key set: former, current and next. */
  async publicKeys(now = Date.now()): Promise<{ keys: JWK[] }> {
    if (now - this.readAt > FRESH_MS) await this.read(now);
    return { keys: this.published(now).map((key) => key.publicJwk) };
  }

  /** Deletes keys whose tokens have all ended, private halves included. */
  async forget(now = Date.now()): Promise<void> {
    const limit = new Date(this.periodStart(now) - this.periodMs);
    await this.db.systemQuery(
      'delete signing keys that are out of use',
      'delete from tenancy.signing_key where active_from < $1',
      [limit],
    );
  }

  private get periodMs(): number {
    return this.config.signingKeyDays * DAY_MS;
  }

  private periodStart(now: number): number {
    return Math.floor(now / this.periodMs) * this.periodMs;
  }

  private keyOf(activeFrom: number): Key | undefined {
    return this.keys.find((key) => key.activeFrom === activeFrom);
  }

  private published(now: number): Key[] {
    const start = this.periodStart(now);
    const formerStillCounts = now < start + (this.config.accessTokenSeconds + 60) * 1_000;
    return this.keys.filter((key) => key.activeFrom >= start || (formerStillCounts && key.activeFrom >= start - this.periodMs));
  }

  /** One reader at a time per process. Holds no tenant's data, so sharing the promise between requests is safe. */
  private read(now: number): Promise<void> {
    this.reading ??= this.db.system('read the signing keys', () => this.readAndFill(now)).finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async readAndFill(now: number): Promise<void> {
    const start = this.periodStart(now);
    let rows = await this.rows(start);
    const missing = [start, start + this.periodMs].filter((from) => !rows.some((row) => row.activeFrom.getTime() === from));
    if (missing.length > 0) {
      for (const from of missing) await this.create(new Date(from));
      rows = await this.rows(start);
    }
    this.keys = await Promise.all(rows.map(readKey));
    this.readAt = now;
  }

  private rows(start: number): Promise<SigningKeyRow[]> {
    return this.db
      .repo(SigningKeyRow)
      .createQueryBuilder('key')
      .where('key.activeFrom >= :from', { from: new Date(start - this.periodMs) })
      .orderBy('key.activeFrom')
      .getMany();
  }

  /** The first process to write a period's key wins; the others read it. */
  private async create(activeFrom: Date): Promise<void> {
    const pair = await generateKeyPair(TOKEN_ALGORITHM, { crv: 'Ed25519', extractable: true });
    const publicKey = await exportJWK(pair.publicKey);
    const kid = await calculateJwkThumbprint(publicKey);
    const privateKey = this.secrets.seal(PURPOSE, await exportPKCS8(pair.privateKey), kid);
    await this.db.repo(SigningKeyRow).createQueryBuilder().insert().values({ activeFrom, kid, publicKey: publicKey as never, privateKey })
      .orIgnore().execute();
  }
}

async function readKey(row: SigningKeyRow): Promise<Key> {
  const publicKey = (await importJWK(row.publicKey, TOKEN_ALGORITHM)) as CryptoKey;
  const { kty, crv, x } = row.publicKey;
  return { kid: row.kid, activeFrom: row.activeFrom.getTime(), publicKey,
    publicJwk: { kty, crv, x, kid: row.kid, alg: TOKEN_ALGORITHM, use: 'sig' } as JWK, sealed: row.privateKey };
}
