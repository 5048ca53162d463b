import { Injectable } from '@nestjs/common';
import { AppError, newId, notFound } from '#platform/core';
import { Db, isUniqueViolation } from '#platform/database';
import { IsNull } from 'typeorm';
import { BreachList } from '../password/breaches.service.js';
import { HashingService } from '../password/hashing.service.js';
import { assertGoodPassword } from '../password/policy.js';
import { assertEmail, normalEmail } from '../../organisation/email/address.js';
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
    const row = await this.db.system('the person behind a member', () => this.db.repo(IdentityRow).findOneBy({ id }));
    if (!row) throw notFound('person');
    return row;
  }

  /** Of a new password; one that is known to have leaked is refused. */
  async hash(password: string): Promise<string> {
    await this.breaches.assertUnknown(password);
    return this.hashing.hash(password);
  }

  /** A person whose address is proven; undefined where it has become somebody's meanwhile. */
  async create(email: string, passwordHash: string | null): Promise<IdentityRow | undefined> {
    const id = newId();
    try {
      await this.db.system('make a person', () => this.db.repo(IdentityRow).insert({ id, email, passwordHash, emailVerifiedAt: new Date() }));
    } catch (error) {
      if (isUniqueViolation(error)) return undefined;
      throw error;
    }
    return this.get(id);
  }

  async setPassword(id: string, passwordHash: string): Promise<void> {
    await this.db.system('a new password', () => this.db.repo(IdentityRow).update({ id }, { passwordHash, passwordChangedAt: new Date() }));
  }

  /** Another address, which has just been proven. False where it has become somebody's meanwhile. */
  async changeEmail(id: string, email: string): Promise<boolean> {
    try {
      await this.db.system('a person moves to another address', () => this.db.repo(IdentityRow).update({ id }, { email, emailVerifiedAt: new Date() }));
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  async markVerified(email: string): Promise<void> {
    await this.db.system('an address is proven', () => this.db.repo(IdentityRow).update({ email, emailVerifiedAt: IsNull() }, { emailVerifiedAt: new Date() }));
  }

  /** A new person; one who is known already proves it with their password. Repeatable: a register that died half-way goes on here. */
  async proveOrCreate(email: string, password: string): Promise<IdentityRow> {
    const address = normalEmail(email);
    assertEmail(address);
    const known = await this.find(address);
    if (known) return (await this.prove(address, password)) ?? refuseKnown();
    assertGoodPassword(password, address);
    const passwordHash = await this.hash(password);
    const id = newId();
    try {
      await this.db.system('register a person', () => this.db.repo(IdentityRow).insert({ id, email: address, passwordHash }));
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return (await this.prove(address, password)) ?? refuseKnown();
    }
    return (await this.find(address))!;
  }

  find(email: string): Promise<IdentityRow | null> {
    return this.db.system('find the person of an e-mail', () => this.db.repo(IdentityRow).findOneBy({ email }));
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
    'Nobody was registered: this e-mail belongs to somebody who registered with another password. If that is you, use that password here, or sign in.',
  );
}
