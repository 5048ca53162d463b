import { Injectable } from '@nestjs/common';
import { AppError, newId, orNotFound } from '#platform/core';
import { Db, isUniqueViolation } from '#platform/database';
import { IsNull } from 'typeorm';
import { BreachList } from '../password/breaches.service.js';
import { HashingService } from '../password/hashing.service.js';
import { assertGoodPassword } from '../password/policy.js';
import { normalEmail, toEmail } from '../../organisation/email/address.js';
import { IdentityRow } from './identity.entity.js';

/** Persons of the whole deployment, by e-mail and password. Everything here is outside of tenants, so it runs as system work. */
@Injectable()
export class IdentityService {
  constructor(
    private readonly db: Db,
    private readonly hashing: HashingService,
    private readonly breaches: BreachList,
  ) {}

  /** The person these belong to, or undefined, in the same time whether the e-mail, the password or both are unknown. */
  async prove(email: string, password: string): Promise<IdentityRow | undefined> {
    const found = await this.find(normalEmail(email));
    if (!(await this.hashing.matches(password, found?.passwordHash)) || !found) return undefined;
    if (this.hashing.outdated(found.passwordHash!)) await this.rehash(found.id, password);
    return found;
  }

  async get(id: string): Promise<IdentityRow> {
    return orNotFound(await this.db.system('the person behind a member', () => this.db.repo(IdentityRow).findOneBy({ id })), 'person');
  }

  /** Of a new password; one that is known to have leaked is refused. */
  async hash(password: string): Promise<string> {
    await this.breaches.assertUnknown(password);
    return this.hashing.hash(password);
  }

  /** A person whose address is proven; undefined where it has become somebody's meanwhile. */
  create(email: string, passwordHash: string | null): Promise<IdentityRow | undefined> {
    return this.insert({ email, passwordHash, emailVerifiedAt: new Date() });
  }

  async setPassword(id: string, passwordHash: string): Promise<void> {
    await this.db.system('a new password', () => this.db.repo(IdentityRow).update({ id }, { passwordHash, passwordChangedAt: new Date() }));
  }

  /** Another address, which has just been proven. False where it has become somebody's meanwhile. */
  changeEmail(id: string, email: string): Promise<boolean> {
    const change = { email, emailVerifiedAt: new Date() };
    return this.unlessTaken('a person moves to another address', () => this.db.repo(IdentityRow).update({ id }, change));
  }

  async markVerified(email: string): Promise<void> {
    await this.db.system('an address is proven',
      () => this.db.repo(IdentityRow).update({ email, emailVerifiedAt: IsNull() }, { emailVerifiedAt: new Date() }));
  }

  /** A new person; one who is known already proves it with their password. Repeatable: a register that died half-way goes on here. */
  async proveOrCreate(email: string, password: string): Promise<IdentityRow> {
    const address = toEmail(email);
    const known = await this.find(address);
    if (known) return (await this.prove(address, password)) ?? refuseKnown();
    assertGoodPassword(password, address);
    const made = await this.insert({ email: address, passwordHash: await this.hash(password) });
    return made ?? (await this.prove(address, password)) ?? refuseKnown();
  }

  find(email: string): Promise<IdentityRow | null> {
    return this.db.system('find the person of an e-mail', () => this.db.repo(IdentityRow).findOneBy({ email }));
  }

  /** Undefined where the address is somebody's already. */
  private async insert(person: Pick<IdentityRow, 'email' | 'passwordHash'> & Partial<IdentityRow>): Promise<IdentityRow | undefined> {
    const id = newId();
    return (await this.unlessTaken('make a person', () => this.db.repo(IdentityRow).insert({ id, ...person }))) ? this.get(id) : undefined;
  }

  private async unlessTaken(reason: string, write: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.db.system(reason, write);
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  private async rehash(id: string, password: string): Promise<void> {
    const passwordHash = await this.hashing.hash(password);
    await this.db.system('raise the cost of a password hash', () => this.db.repo(IdentityRow).update({ id }, { passwordHash }));
  }
}

function refuseKnown(): never {
  throw new AppError(
    'conflict',
    'tenancy.not-registered',
    'Nobody was registered: this e-mail belongs to somebody who registered with another password. If that is you, use that password ' +
      'here, or sign in.',
  );
}
