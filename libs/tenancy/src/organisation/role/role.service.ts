import { Injectable } from '@nestjs/common';
import { AppError, current, newId, orNotFound } from '#platform/core';
import { Db, onDuplicate } from '#platform/database';
import { Events } from '#platform/messaging';
import { assertGrantable, assertKnown } from '../../access/grant.js';
import { roleChanged } from '../../events.js';
import { RevocationService } from '../../access/revocation.service.js';
import { oneLine } from '../../access/profile.js';
import { TenantLimits } from '../../access/tenant-limits.js';
import { RoleRow } from './role.entity.js';

export interface RoleView {
  id: string;
  name: string;
  permissions: string[];
  createdAt: string;
  updatedAt: string;
}

/** A tenant names its roles by hand, and their list is read whole. */
const MOST_LISTED = 1_000;

/** Roles of the current tenant's own making. Whoever makes, changes or removes one must hold all that is in it, before and after. */
@Injectable()
export class RoleService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly revocations: RevocationService,
    private readonly limits: TenantLimits,
  ) {}

  async list(): Promise<RoleView[]> {
    const rows = await this.db.repo(RoleRow).find({ order: { name: 'ASC' }, take: MOST_LISTED });
    return rows.map(toView);
  }

  async get(id: string): Promise<RoleView> {
    return toView(await this.one(id));
  }

  async create(entry: { name: string; permissions: string[] }): Promise<RoleView> {
    const { tenantId, actor } = current();
    const name = oneLine(entry.name, 'name');
    const permissions = assertKnown(entry.permissions);
    assertGrantable(actor.permissions, permissions);
    const id = newId();
    await this.db.tx(async () => {
      await this.limits.assertRoom('roles');
      await onDuplicate(this.db.repo(RoleRow).insert({ tenantId, id, name, permissions, createdBy: actor.id }), () => nameTaken(name));
      await this.events.publish(roleChanged, { roleId: id, change: 'created' });
    });
    return this.get(id);
  }

  /** Effective within 5 seconds for everybody who has the role. */
  async change(id: string, entry: { name?: string; permissions?: string[] }): Promise<RoleView> {
    const { tenantId, actor } = current();
    const row = await this.one(id);
    const name = entry.name === undefined ? row.name : oneLine(entry.name, 'name');
    const permissions = entry.permissions === undefined ? row.permissions : assertKnown(entry.permissions);
    assertGrantable(actor.permissions, [...row.permissions, ...permissions]);
    await this.db.tx(async () => {
      await onDuplicate(this.db.repo(RoleRow).update({ tenantId, id }, { name, permissions, updatedAt: new Date() }), () =>
        nameTaken(name));
      const holders = await this.db.query<{ id: string }>('select id from tenancy.membership where custom_role_id = $1 union all select ' +
        'id from tenancy.service_account where custom_role_id = $1', [id]);
      await this.revocations.note(...holders.map((holder) => holder.id));
      await this.events.publish(roleChanged, { roleId: id, change: 'changed' });
    });
    return this.get(id);
  }

  async remove(id: string): Promise<void> {
    const { tenantId, actor } = current();
    const row = await this.one(id);
    assertGrantable(actor.permissions, row.permissions);
    await this.db.tx(async () => {
      // Whoever gives the role to somebody at this moment waits, and is then told that it is gone.
      await this.db.query('select id from tenancy.role where id = $1 for update', [id]);
      const [held] = await this.db.query<{ count: number }>(
        `select (select count(*)::int from tenancy.membership where custom_role_id = $1) + (select count(*)::int from ` +
          `tenancy.service_account where custom_role_id = $1 and deleted_at is null) as count`,
        [id],
      );
      await this.db.query(`update tenancy.service_account set custom_role_id = null, role = 'viewer' where custom_role_id = $1 and ` +
        `deleted_at is not null`, [id]);
      if (held!.count > 0) throw new AppError('conflict', 'tenancy.role-in-use',
        `${held!.count} members or service accounts have this role, so it was not deleted. Give them another one first.`);
      await this.db.repo(RoleRow).delete({ tenantId, id });
      await this.events.publish(roleChanged, { roleId: id, change: 'deleted' });
    });
  }

  private async one(id: string): Promise<RoleRow> {
    return orNotFound(await this.db.repo(RoleRow).findOneBy({ id }), 'role');
  }
}

function nameTaken(name: string): AppError {
  return new AppError('conflict', 'tenancy.role-name', `Another role is called "${name}", so nothing was changed. Choose another name.`);
}

function toView({ id, name, permissions, createdAt, updatedAt }: RoleRow): RoleView {
  return { id, name, permissions, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
