import { Blobs } from '#platform/adapters';
import { keyOf, newId } from '#platform/core';
import { Databases } from '#platform/database';
import { engines } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { AuditService } from '../src/compliance/audit/audit.service.js';
import { canonical } from '../src/access/canonical-json.js';
import { type AuditEntry, hashOf } from '../src/compliance/audit/chain.js';
import { CheckpointService } from '../src/compliance/audit/checkpoint.service.js';
import { House } from './house.js';
import { asOwner } from './owner.js';

const LENGTH = 8;

describe.each(engines)('an audit chain on %s', (engine) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(engine);
  });
  afterAll(() => house?.close());

  const attack = (sql: string, ...params: unknown[]) => asOwner(house.get(Databases), sql, params);
  const verdict = (tenantId: string) => house.inTenant(tenantId, () => house.get(Tenancy).verifyAudit());
  const checkpoint = (tenantId: string) => house.inTenant(tenantId, () => house.get(CheckpointService).take());

  async function append(tenantId: string, count: number): Promise<void> {
    const audit = house.get(AuditService);
    for (let at = 0; at < count; at++) {
      await house.inTenant(tenantId, () => house.db.tx(() =>
        audit.append({ id: newId(), at: new Date(), action: 'shop.item.sold', target: newId(), detail: { at }, requestId: null })));
    }
  }

  /** A chain of eight; `seen`: how many of them a checkpoint saw. */
  async function chain(seen = LENGTH): Promise<string> {
    const tenantId = newId();
    await append(tenantId, seen);
    if (seen > 0) await checkpoint(tenantId);
    await append(tenantId, LENGTH - seen);
    return tenantId;
  }

  async function entries(tenantId: string): Promise<{ sequence: number; body: string; hash: string }[]> {
    const rows = await attack('select sequence::int as sequence, body, hash from tenancy.audit_entry where tenant_id = $1 order by ' +
      'sequence', tenantId);
    return rows as { sequence: number; body: string; hash: string }[];
  }

  /** Writes the chain anew from `from` on, every hash and the head as they should be. */
  async function rewrite(tenantId: string, from: number): Promise<void> {
    let previous = '';
    for (const { sequence, body, hash } of await entries(tenantId)) {
      const forged = canonical({ ...(JSON.parse(body) as AuditEntry), previous,
        ...(sequence === from && { action: 'shop.item.given-away' }) });
      const next = sequence < from ? hash : hashOf(forged);
      if (sequence >= from) await attack('update tenancy.audit_entry set body = $3, hash = $4 where tenant_id = $1 and sequence = $2',
        tenantId, sequence, forged, next);
      previous = next;
    }
    await attack('update tenancy.audit_head set hash = $2 where tenant_id = $1', tenantId, previous);
  }

  it('is whole as Atoll wrote it, also behind its last checkpoint', async () => {
    expect(await verdict(await chain())).toMatchObject({ whole: true, entries: LENGTH, witnessed: LENGTH, firstBad: null });
    expect(await verdict(await chain(5))).toMatchObject({ whole: true, entries: LENGTH, witnessed: 5 });
    expect(await verdict(newId())).toMatchObject({ whole: true, entries: 0, witnessed: 0 });
  });

  it('takes one checkpoint after the other, each only over what follows from the last', async () => {
    const tenantId = await chain(3);
    await house.get(CheckpointService).takeAll();
    expect(await verdict(tenantId)).toMatchObject({ whole: true, witnessed: LENGTH });
    await append(tenantId, 2);
    await attack('update tenancy.audit_entry set body = body || $2 where tenant_id = $1 and sequence = 9', tenantId, ' ');
    await checkpoint(tenantId);
    expect(await verdict(tenantId)).toMatchObject({ whole: false, witnessed: LENGTH, firstBad: { sequence: 9 } });
  });

  const attacks: [string, number, number, (tenantId: string) => Promise<unknown>][] = [
    ['an edit', 0, 3, (id) =>
      attack(`update tenancy.audit_entry set body = replace(body, 'sold', 'lost') where tenant_id = $1 and sequence = 3`, id)],
    ['an edit with a hash that fits', 0, 4, async (id) => {
      const { body } = (await entries(id))[2]!;
      await attack('update tenancy.audit_entry set body = $2, hash = $3 where tenant_id = $1 and sequence = 3', id,
        body.replace('sold', 'lost'), hashOf(body.replace('sold', 'lost')));
    }],
    ['a reorder', 0, 3, async (id) => {
      await attack('update tenancy.audit_entry set sequence = -sequence + 100 where tenant_id = $1 and sequence in (3, 4)', id);
      await attack('update tenancy.audit_entry set sequence = sequence - 93 where tenant_id = $1 and sequence in (96, 97)', id);
    }],
    ['an insert', 0, 4, async (id) => {
      await attack('update tenancy.audit_entry set sequence = sequence + 100 where tenant_id = $1 and sequence >= 4', id);
      await attack('update tenancy.audit_entry set sequence = sequence - 99 where tenant_id = $1 and sequence > 100', id);
      await attack('insert into tenancy.audit_entry (tenant_id, sequence, id, body, hash) select tenant_id, 4, $2, body, hash from ' +
        'tenancy.audit_entry where tenant_id = $1 and sequence = 3', id, newId());
    }],
    ['an insert at the end', 0, 9, async (id) => {
      const last = (await entries(id)).at(-1)!;
      const body = canonical({ ...(JSON.parse(last.body) as AuditEntry), sequence: 9, previous: last.hash });
      await attack('insert into tenancy.audit_entry (tenant_id, sequence, id, body, hash) values ($1, 9, $2, $3, $4)', id, newId(), body,
        hashOf(body));
    }],
    ['an interior delete', 0, 5, (id) => attack('delete from tenancy.audit_entry where tenant_id = $1 and sequence = 5', id)],
    ['a tail cut', 0, 7, (id) => attack('delete from tenancy.audit_entry where tenant_id = $1 and sequence > 6', id)],
    ['a tail cut with the head set back', LENGTH, 7, async (id) => {
      await attack('delete from tenancy.audit_entry where tenant_id = $1 and sequence > 6', id);
      await attack('update tenancy.audit_head set sequence = 6, noted = 6, hash = $2 where tenant_id = $1', id,
        (await entries(id)).at(-1)!.hash);
    }],
    ['the delete of the whole chain', LENGTH, 1, async (id) => {
      await attack('delete from tenancy.audit_entry where tenant_id = $1', id);
      await attack('delete from tenancy.audit_head where tenant_id = $1', id);
    }],
    ['a whole chain deleted and begun anew', LENGTH, 1, async (id) => {
      await attack('delete from tenancy.audit_entry where tenant_id = $1', id);
      await attack('delete from tenancy.audit_head where tenant_id = $1', id);
      await append(id, LENGTH + 2);
    }],
    ['a fork: the chain written anew from its sixth entry', LENGTH, 6, (id) => rewrite(id, 6)],
    ['an entry of another tenant', 0, 3, async (id) => {
      const { body, hash } = (await entries(await chain(0)))[2]!;
      await attack('update tenancy.audit_entry set body = $2, hash = $3 where tenant_id = $1 and sequence = 3', id, body, hash);
    }],
    ['a checkpoint that is not signed', LENGTH, 1, async (id) => {
      const key = keyOf(id, 'tenancy', 'audit', 'latest');
      const forged = (await house.get(Blobs).get(key)).toString().replace('"to":8', '"to":7');
      await house.get(Blobs).put(key, Buffer.from(forged));
    }],
  ];

  it.each(attacks)('names the first bad entry after %s', async (_what, seen, sequence, attacked) => {
    const tenantId = await chain(seen);
    await attacked(tenantId);
    expect(await verdict(tenantId)).toMatchObject({ whole: false, firstBad: { sequence, what: expect.any(String) } });
  });

  it('stays one under 64 parallel appends, and the context itself can change nothing in it', async () => {
    const tenantId = newId();
    await Promise.all(Array.from({ length: 64 }, () => append(tenantId, 1)));
    expect(await verdict(tenantId)).toMatchObject({ whole: true, entries: 64 });
    for (const sql of [`update tenancy.audit_entry set body = '{}'`, 'delete from tenancy.audit_entry']) {
      await expect(house.inTenant(tenantId, () => house.db.query(sql))).rejects.toMatchObject({ code: '42501' });
    }
  });
});
