import { Injectable } from '@nestjs/common';
import { AppError, current, newId, notFound, orNotFound } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db } from '#platform/database';
import { defineJob, Job, Jobs, type RunningJob } from '#platform/messaging';
import { asTenant } from '../../access/as-tenant.js';
import { DataOrderService } from '../archive/data-order.service.js';
import { type Export, toExport } from '../archive/export.service.js';
import { RevocationService } from '../../access/revocation.service.js';
import { MemberService } from '../../organisation/member/member.service.js';
import { ErasureLedger } from '../erasure/ledger.service.js';

/** What is left to do when a person was erased in a tenant: it stands in the ledger, and an account that opens nothing goes. */
export const finishPersonErasure = defineJob<{ personId: string; identityId: string }>('tenancy.finish-person-erasure', { attempts: 20,
  whileParked: true });

interface Membership {
  id: string;
  identityId: string;
  email: string;
  role: string;
}

/** What is one person's own: exported for them, and erased, in every context of the running tenant. */
@Injectable()
export class PersonData {
  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly orders: DataOrderService,
    private readonly revocations: RevocationService,
    private readonly ledger: ErasureLedger,
    private readonly members: MemberService,
  ) {}

  @Audited('tenancy.person.export-asked', { target: (_done: Export, [personId]: [string]) => personId,
    answer: ({ id }) => ({ id }) })
  async export(personId: string): Promise<Export> {
    await this.member(personId);
    const running = (await this.orders.list('person-export')).find((order) => order.state === 'running' && order.personId === personId);
    if (running) return toExport(running);
    const orderId = newId();
    await this.orders.give({ orderId, kind: 'person-export', personId });
    return toExport(await this.orders.get(orderId, 'person-export'));
  }

  /** Of anybody, or of one person only. */
  async exportOf(id: string, personId?: string): Promise<Export> {
    const order = await this.orders.get(id, 'person-export');
    if (personId !== undefined && order.personId !== personId) throw notFound('export');
    return toExport(order);
  }

  /** By an admin: an owner goes by their own wish alone. */
  async eraseMember(personId: string): Promise<void> {
    const { role } = await this.member(personId);
    if (role === 'owner' && !current().actor.permissions.includes('*'))
      throw new AppError('forbidden', 'tenancy.owner-erased', 'Nothing was erased: only an owner may erase an owner.');
    await this.erase(personId);
  }

  /** By the person: here, or in every tenant they are in. `email`, typed to be sure, must be theirs. */
  async eraseSelf(personId: string, { email, everywhere }: { email: string; everywhere: boolean }): Promise<void> {
    const { identityId, email: known } = await this.member(personId);
    if (email.trim().toLowerCase() !== known.toLowerCase())
      throw new AppError('invalid', 'tenancy.erasure-email', 'Nothing was erased: to be sure, send your own e-mail address as `email`.',
        { errors: [{ pointer: '/email', detail: 'must be your own address' }] });
    const { tenantId } = current();
    const others = everywhere ? (await this.members.placesOf(identityId)).filter((one) => one.tenantId !== tenantId) : [];
    for (const one of others) await asTenant(one.tenantId, () => this.assertReplaceable(one.id));
    await this.erase(personId);
    for (const one of others) await asTenant(one.tenantId, () => this.erase(one.id));
  }

  /** After a restore: an erased person who is there again. */
  async eraseAgain(personId: string): Promise<boolean> {
    const rows = await this.db.query('select 1 from tenancy.membership where id = $1', [personId]);
    if (rows.length > 0) await this.erase(personId, true);
    return rows.length > 0;
  }

  /** The membership is shut at once; the rest follows in every context, and the ids that stay in other rows lead to nobody. */
  @Audited('tenancy.person.erased', { target: (_done: void, [personId]: [string]) => personId, detail: () => ({}) })
  async erase(personId: string, restored = false): Promise<void> {
    if (!restored) await this.assertReplaceable(personId);
    const { identityId, email } = await this.member(personId);
    await this.db.query(`update tenancy.membership set status = 'suspended' where id = $1`, [personId]);
    await this.db.query('delete from tenancy.invitation where email = $1', [email]);
    await this.orders.give({ orderId: newId(), kind: 'person-erase', personId });
    await this.revocations.note(personId);
    await this.jobs.add(finishPersonErasure, { personId, identityId });
  }

  @Job(finishPersonErasure)
  async finish({ data: { personId, identityId } }: RunningJob<typeof finishPersonErasure>): Promise<void> {
    const { tenantId } = current();
    await this.ledger.keep({ tenantId, personId });
    await this.db.system('an erased person whose account opens nothing any more', async () => {
      await this.db.query('delete from tenancy.ticket where identity_id = $1 or email = (select email from tenancy.identity where id = $1)',
        [identityId]);
      await this.db.query(
        `delete from tenancy.identity person where id = $1 and not exists (
           select 1 from tenancy.membership m where m.identity_id = person.id
             and not exists (select 1 from tenancy.data_order o where o.tenant_id = m.tenant_id and o.person_id = m.id and o.kind =
             'person-erase'))`,
        [identityId],
      );
    });
  }

  private async member(id: string): Promise<Membership> {
    return orNotFound(await this.db.queryOne<Membership>(
      'select id, identity_id as "identityId", email, role from tenancy.membership where id = $1', [id],
    ), 'member');
  }

  private async assertReplaceable(personId: string): Promise<void> {
    const [row] = await this.db.query<{ last: boolean }>(
      `select m.role = 'owner' and not exists (select 1 from tenancy.membership o where o.role = 'owner' and o.status = 'active' and ` +
        `o.id <> m.id) as last from tenancy.membership m where m.id = $1`,
      [personId],
    );
    if (row?.last) throw new AppError('conflict', 'tenancy.last-owner',
      'Nothing was erased: you are the only owner of a tenant, and it would belong to nobody. Make somebody else an owner first, or ' +
        'delete the tenant.');
  }
}
