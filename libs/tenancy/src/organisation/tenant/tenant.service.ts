import { Injectable } from '@nestjs/common';
import { AppError, current, newId, orNotFound } from '#platform/core';
import { Db } from '#platform/database';
import { Events } from '#platform/messaging';
import { asTenant } from '../../access/as-tenant.js';
import type { NewTenant, Role, Tenant } from '../../contract.js';
import { memberJoined, tenantCreated } from '../../events.js';
import { MembershipRow } from '../member/membership.entity.js';
import { locale, oneLine, timeZone } from '../../access/profile.js';
import { TenantRow } from './tenant.entity.js';

/** A tenant that a person may enter, and who they are there. */
export interface Entrance {
  tenantId: string;
  tenantName: string;
  memberId: string;
}

@Injectable()
export class TenantService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
  ) {}

  async current(): Promise<Tenant> {
    return toTenant(orNotFound(await this.db.repo(TenantRow).findOneBy({ tenantId: current().tenantId }), 'tenant'));
  }

  /** A tenant of a person who has proved to be that person. */
  async establish(
    identity: { id: string; email: string }, entry: Omit<NewTenant, 'email' | 'password'>,
  ): Promise<{ tenantId: string; userId: string }> {
    const { tenant: profile, owner } = profileOf(entry);
    const tenantId = entry.tenantId ?? newId();
    return asTenant(tenantId, () =>
      this.db.tx(async () => {
        // Of several at once the first makes it; the others wait here for its end, and then see whose it is.
        const made = await this.db.query('insert into tenancy.tenant (tenant_id, name, locale, time_zone) values ($1, $2, $3, $4) on ' +
          'conflict do nothing returning tenant_id', [tenantId, profile.name, profile.locale, profile.timeZone]);
        if (made.length === 0) return { tenantId, userId: await this.ownerAgain(identity.id) };
        const userId = newId();
        await this.db.repo(MembershipRow).insert({ tenantId, id: userId, identityId: identity.id, email: identity.email, ...owner });
        await this.events.publish(tenantCreated, { ...profile, plan: 'free', ownerId: userId });
        await this.events.publish(memberJoined, { userId, role: owner.role satisfies Role });
        return { tenantId, userId };
      }),
    );
  }

  /** Where a person, who has just proved to be that person, may go. The one look across tenants, at one person's memberships only. */
  entrances(identityId: string): Promise<Entrance[]> {
    return this.db.systemQuery<Entrance>(
      'sign-in: the tenants of one person',
      `select member.tenant_id as "tenantId", tenant.name as "tenantName", member.id as "memberId"
         from tenancy.membership member join tenancy.tenant on tenant.tenant_id = member.tenant_id
         where member.identity_id = $1 and member.status = 'active' and tenant.status = 'active'
         order by member.joined_at, member.tenant_id`,
      [identityId],
    );
  }

  all({ after, limit, suspended = false }: { after?: string; limit: number; suspended?: boolean }): Promise<Tenant[]> {
    return this.db.system('list tenants for schedules', async () => {
      const query = this.db.repo(TenantRow).createQueryBuilder('tenant').where(`(tenant.status = 'active' or :suspended)`, { suspended });
      if (after) query.andWhere('tenant.tenantId > :after', { after });
      const rows = await query.orderBy('tenant.tenantId').limit(Math.min(limit, 1_000)).getMany();
      return rows.map(toTenant);
    });
  }

  private async ownerAgain(identityId: string): Promise<string> {
    const owner = await this.db.repo(MembershipRow).findOneBy({ identityId, role: 'owner' });
    if (!owner) throw new AppError('conflict', 'tenancy.tenant-exists',
      'A tenant with this id exists already, so none was made. Leave the id out to get a fresh one.');
    return owner.id;
  }
}

/** What a new tenant and its owner are called, as it will be kept; throws what is wrong with it. */
export function profileOf(entry: Pick<NewTenant, 'tenantName' | 'name' | 'locale' | 'timeZone'>) {
  return {
    tenant: { name: oneLine(entry.tenantName, 'tenantName'), locale: locale(entry.locale), timeZone: timeZone(entry.timeZone) },
    owner: { name: oneLine(entry.name, 'name'), role: 'owner' as const },
  };
}

function toTenant({ tenantId, name, locale, timeZone, plan, status, trialEndsAt, createdAt }: TenantRow): Tenant {
  return { id: tenantId, name, locale, timeZone, plan, status, trialEndsAt: trialEndsAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString() };
}
