import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { AppError, current, newId, notFound, orNotFound } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db, onDuplicate, type Page, paged, type PageQuery } from '#platform/database';
import { Events } from '#platform/messaging';
import { assertGrantable, assertKnown, permissionsOf } from '../../access/grant.js';
import { ApiKeyService } from '../api-key/api-key.service.js';
import type { Role } from '../../contract.js';
import { serviceAccountChanged } from '../../events.js';
import { RevocationService } from '../../access/revocation.service.js';
import { oneLine } from '../../access/profile.js';
import { TenantLimits } from '../../access/tenant-limits.js';
import { ServiceAccountRow } from './service-account.entity.js';

/** What an account may do: a fixed role, one of the tenant's own, or permissions by name. */
export interface ServiceAccountRights {
  role?: Role;
  roleId?: string;
  permissions?: string[];
}

export interface ServiceAccountChange extends ServiceAccountRights {
  name?: string;
  status?: 'active' | 'disabled';
}

export interface ServiceAccountView {
  id: string;
  name: string;
  role: Role | null;
  roleId: string | null;
  permissions: string[] | null;
  status: 'active' | 'disabled';
  createdBy: string;
  createdAt: string;
}

type Rights = Pick<ServiceAccountRow, 'role' | 'roleId' | 'permissions'>;

/** The tenant's service accounts. Whoever makes, changes or deletes one must hold all that it holds, before and after. */
@Injectable()
export class ServiceAccountService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly keys: ApiKeyService,
    private readonly revocations: RevocationService,
    private readonly limits: TenantLimits,
  ) {}

  @Audited('tenancy.account.created',
    { detail: ({ name, role, roleId, permissions }: ServiceAccountView) => ({ name, role, roleId, permissions }) })
  async create({ name, ...rights }: ServiceAccountRights & { name: string }): Promise<ServiceAccountView> {
    const { tenantId, actor } = current();
    await this.limits.assertRoom('accounts');
    const held = oneOf(rights);
    if (!held) throw noRights();
    assertGrantable(actor.permissions, await this.permissionsOf(held));
    const id = newId();
    await onDuplicate(
      this.db.repo(ServiceAccountRow).insert({ tenantId, id, name: oneLine(name, 'name'), ...held, createdBy: actor.id }), nameTaken,
    );
    await this.events.publish(serviceAccountChanged, { accountId: id, change: 'created' });
    return this.get(id);
  }

  list(page: PageQuery): Promise<Page<ServiceAccountView>> {
    return paged(this.db.repo(ServiceAccountRow).createQueryBuilder('account').where('account.deletedAt is null'), page, toView);
  }

  async get(id: string): Promise<ServiceAccountView> {
    return toView(await this.one(id));
  }

  /** Effective within 5 seconds for all its keys. A disabled account opens nothing until it is active again. */
  @Audited('tenancy.account.changed')
  async change(id: string, { name, status, ...rights }: ServiceAccountChange): Promise<ServiceAccountView> {
    const { tenantId, actor } = current();
    const before = await this.one(id);
    const held = oneOf(rights) ?? before;
    assertGrantable(actor.permissions, [...(await this.permissionsOf(before)), ...(await this.permissionsOf(held))]);
    const { role, roleId, permissions } = held;
    await onDuplicate(this.db.repo(ServiceAccountRow).update({ tenantId, id, deletedAt: IsNull() }, {
      role, roleId, permissions, status: status ?? before.status, name: name === undefined ? before.name : oneLine(name, 'name'),
    }), nameTaken);
    await this.revocations.note(id);
    await this.events.publish(serviceAccountChanged, { accountId: id, change: 'changed' });
    return this.get(id);
  }

  /** Its keys end with it. */
  @Audited('tenancy.account.deleted')
  async remove(id: string): Promise<void> {
    const { tenantId, actor } = current();
    assertGrantable(actor.permissions, await this.permissionsOf(await this.one(id)));
    const { affected } = await this.db.repo(ServiceAccountRow).update({ tenantId, id, deletedAt: IsNull() }, { deletedAt: new Date() });
    if (!affected) throw notFound('service account');
    await this.keys.revokeOf(id);
    await this.revocations.note(id);
    await this.events.publish(serviceAccountChanged, { accountId: id, change: 'deleted' });
  }

  private async one(id: string): Promise<ServiceAccountRow> {
    return orNotFound(await this.db.repo(ServiceAccountRow).findOneBy({ id, deletedAt: IsNull() }), 'service account');
  }

  private async permissionsOf({ role, roleId, permissions }: Rights): Promise<string[]> {
    if (roleId === null) return permissionsOf(role ?? 'viewer', permissions);
    return orNotFound(
      await this.db.queryOne<{ permissions: string[] }>('select permissions from tenancy.role where id = $1 for share', [roleId]), 'role',
    ).permissions;
  }
}

function oneOf({ role, roleId, permissions }: ServiceAccountRights): Rights | undefined {
  const given = [role, roleId, permissions].filter((one) => one !== undefined).length;
  if (given > 1) throw noRights();
  return given === 0 ? undefined
    : { role: role ?? null, roleId: roleId ?? null, permissions: permissions === undefined ? null : assertKnown(permissions) };
}

function nameTaken(): AppError {
  return new AppError(
    'conflict', 'tenancy.account-name', 'Another service account has this name, so nothing was changed. Choose another one.',
  );
}

function noRights(): AppError {
  const detail = 'is needed, or roleId or permissions in its place, and only one of them';
  return new AppError('invalid', 'tenancy.account-rights',
    'Say what the account may do by one of role, roleId and permissions; nothing was changed.', { errors: [{ pointer: '/role', detail }] });
}

function toView({ id, name, role, roleId, permissions, status, createdBy, createdAt }: ServiceAccountRow): ServiceAccountView {
  return { id, name, role, roleId, permissions, status, createdBy, createdAt: createdAt.toISOString() };
}
