import { randomBytes, randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, Db, Secrets } from '#kernel';
import { base32, keyUri, stepOfCode } from './code.js';

const SECRET_PURPOSE = 'tenancy.totp';
const RECOVERY_PURPOSE = 'tenancy.recovery-code';
const SECRET_BYTES = 20;
const RECOVERY_CODES = 10;
/** No 0, 1, I, L, O: 50 bits in ten characters that nobody misreads. */
const RECOVERY_LETTERS = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';

/** A fresh authenticator, in force once a code of it was given. */
export interface NewAuthenticator {
  /** Base32, for typing. */
  secret: string;
  /** For a QR code. */
  uri: string;
}

/** Second factors of persons: codes of an authenticator app (RFC 6238), and recovery codes for when it is lost. */
@Injectable()
export class TotpService {
  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
  ) {}

  async active(identityId: string): Promise<boolean> {
    const rows = await this.system('whether a person has a second factor', 'select 1 from tenancy.totp where identity_id = $1 and confirmed_at is not null', [identityId]);
    return rows.length > 0;
  }

  /** Replaces one that was never confirmed; one that is in force has to be taken away first. */
  async begin(identityId: string, account: string): Promise<NewAuthenticator> {
    const secret = randomBytes(SECRET_BYTES);
    const made = await this.system(
      'a person sets up a second factor',
      `insert into tenancy.totp (identity_id, secret) values ($1, $2)
       on conflict (identity_id) do update set secret = excluded.secret, last_step = 0, created_at = now() where totp.confirmed_at is null returning 1`,
      [identityId, this.secrets.seal(SECRET_PURPOSE, secret, identityId)],
    );
    if (made.length === 0) throw new AppError('conflict', 'tenancy.totp-exists', 'You have a second factor already, and it was left as it is. Take it away first.');
    return { secret: base32(secret), uri: keyUri(secret, 'Atoll', account) };
  }

  /** The first right code puts it in force, and gives the recovery codes. */
  async confirm(identityId: string, code: string): Promise<string[] | undefined> {
    if (await this.active(identityId)) throw new AppError('conflict', 'tenancy.totp-exists', 'Your second factor is in force already.');
    if (!(await this.takeStep(identityId, code))) return undefined;
    await this.system('a second factor comes into force', 'update tenancy.totp set confirmed_at = now() where identity_id = $1', [identityId]);
    return this.newRecoveryCodes(identityId);
  }

  /** Whether this is a code of the person's authenticator or one of their recovery codes. Each works once, of however many at once. */
  async use(identityId: string, code: string): Promise<boolean> {
    if (/^\d{6}$/.test(code)) return this.takeStep(identityId, code);
    const used = await this.system('a recovery code is used up', 'delete from tenancy.recovery_code where identity_id = $1 and code_hash = $2 returning 1', [identityId, this.hashOf(identityId, code)]);
    return used.length > 0;
  }

  /** The former ones end. */
  async newRecoveryCodes(identityId: string): Promise<string[]> {
    const codes = Array.from({ length: RECOVERY_CODES }, recoveryCode);
    await this.db.system('new recovery codes', () =>
      this.db.tx(async () => {
        await this.db.query('delete from tenancy.recovery_code where identity_id = $1', [identityId]);
        await this.db.query('insert into tenancy.recovery_code (identity_id, code_hash) select $1, unnest($2::text[])', [identityId, codes.map((code) => this.hashOf(identityId, code))]);
      }),
    );
    return codes;
  }

  async remove(identityId: string): Promise<void> {
    await this.system('a second factor is taken away', 'delete from tenancy.totp where identity_id = $1', [identityId]);
  }

  /** A step that was used, and every one before it, is void: a code that somebody watched being typed opens nothing. */
  private async takeStep(identityId: string, code: string): Promise<boolean> {
    const [row] = await this.system<{ secret: string }>('the authenticator of a person', 'select secret from tenancy.totp where identity_id = $1', [identityId]);
    const step = row && stepOfCode(this.secrets.open(SECRET_PURPOSE, row.secret, identityId), code, Date.now());
    if (step === undefined) return false;
    const taken = await this.system('a code is used up', 'update tenancy.totp set last_step = $2 where identity_id = $1 and last_step < $2 returning 1', [identityId, step]);
    return taken.length > 0;
  }

  private hashOf(identityId: string, code: string): string {
    return this.secrets.sign(RECOVERY_PURPOSE, `${identityId} ${code.toUpperCase().replace(/[^0-9A-Z]/g, '')}`);
  }

  private system<R = unknown>(reason: string, sql: string, params: unknown[]): Promise<R[]> {
    return this.db.system(reason, () => this.db.query<R>(sql, params));
  }
}

function recoveryCode(): string {
  const letters = Array.from({ length: 10 }, () => RECOVERY_LETTERS[randomInt(RECOVERY_LETTERS.length)]).join('');
  return `${letters.slice(0, 5)}-${letters.slice(5)}`;
}
