import { newId } from '#platform/core';
import { Tenancy } from '#tenancy';
import { engines, eventually, SmtpServer } from '#platform/testing';
import { formatCredential, parseCredential } from '../src/access/credential.js';
import { House, type SignedInBody } from './house.js';
import { NO_TEXTS, mangled, tokenTo } from './emails.js';

const password = 'correct horse battery';

describe.each(engines)('invitations on %s', (engine) => {
  let house: House;
  let smtp: SmtpServer;
  let ada: SignedInBody & { email: string };
  beforeAll(async () => {
    smtp = await SmtpServer.start();
    house = await House.open(engine, smtp.env);
    ada = await house.owner({ tenantName: 'Reef' });
  });
  afterAll(async () => {
    await house?.close();
    await smtp?.stop();
  });

  const fresh = () => `${newId()}@example.org`;
  const invite = (email: unknown, role: unknown = 'member', token = ada.accessToken) =>
    house.ask('POST', '/v1/invitations', { token, body: { email, role } });
  const accept = (token: unknown, change: object = {}) =>
    house.ask('POST', '/v1/auth/invitation/accept', { body: { token, name: 'Bob', password, ...change } });
  const withdraw = (id: string, token = ada.accessToken) => house.ask('DELETE', `/v1/invitations/${id}`, { token });
  const open = async (token = ada.accessToken) =>
    (await house.ask('GET', '/v1/invitations?limit=100', { token })).body.items as { id: string; email: string }[];

  it('brings its reader into the tenant with that role and address, and no other', async () => {
    const email = fresh();
    const made = await invite(email.toUpperCase(), 'viewer');
    expect(made).toMatchObject({ status: 201, body: { email, role: 'viewer', invitedBy: ada.userId } });
    const token = await tokenTo(smtp, email, /Invitation to Reef/);
    expect(JSON.stringify(made.body)).not.toContain(token.slice(-43));
    expect((await house.ask('POST', '/v1/auth/invitation', { body: { token } })).body)
      .toMatchObject({ tenantName: 'Reef', email, role: 'viewer' });
    for (const field of ['email', 'role', 'tenantId', 'identityId']) expect((await accept(token, { [field]: 'owner' })).status).toBe(400);
    const bob = await accept(token);
    expect(bob).toMatchObject({ status: 201, body: { tenant: { id: ada.tenant.id } } });
    expect((await house.ask('GET', '/v1/me', { token: bob.body.accessToken })).body)
      .toMatchObject({ user: { email, role: 'viewer', name: 'Bob' }, emailVerified: true });
    expect((await open()).some((one) => one.email === email)).toBe(false);
    expect(await invite(email)).toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:tenancy.member-already' } });
  });

  it('works once, of however many at once', async () => {
    const email = fresh();
    await invite(email);
    const token = await tokenTo(smtp, email);
    const statuses = (await Promise.all(Array.from({ length: 5 }, () => accept(token)))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect((await accept(token)).status).toBe(410);
    const members = await house.inTenant(ada.tenant.id, () => house.db.query('select 1 from tenancy.membership where email = $1', [email]));
    expect(members).toHaveLength(1);
  });

  it('withdrawn, replaced, ended, mangled and re-targeted ones open nothing', async () => {
    const email = fresh();
    const { body } = await invite(email);
    const first = await tokenTo(smtp, email);
    for (const text of mangled(first)) expect((await accept(text)).status).toBe(410);
    for (const odd of NO_TEXTS) expect((await accept(odd)).status).toBe(400);
    const stranger = await house.owner();
    const parts = parseCredential('ati', first)!;
    expect((await accept(formatCredential('ati', { ...parts, tenantId: stranger.tenant.id }))).status).toBe(410);
    expect((await withdraw(body.id, stranger.accessToken)).status).toBe(404);
    await invite(email, 'viewer');
    expect((await accept(first)).status).toBe(410);
    const second = await eventually(async () => {
      const token = await tokenTo(smtp, email);
      expect(token).not.toBe(first);
      return token;
    });
    const [{ id } = { id: '' }] = (await open()).filter((one) => one.email === email);
    await house.inTenant(ada.tenant.id, () => house.db.query(`update tenancy.invitation set role = 'owner' where id = $1`, [id]));
    expect((await accept(second)).status).toBe(410);
    await house.inTenant(ada.tenant.id,
      () => house.db.query(`update tenancy.invitation set role = 'viewer', expires_at = now() - interval '1 second' where id = $1`, [id]));
    expect((await accept(second)).status).toBe(410);
    await house.inTenant(ada.tenant.id,
      () => house.db.query(`update tenancy.invitation set expires_at = now() + interval '1 day' where id = $1`, [id]));
    expect((await withdraw(id)).status).toBe(204);
    expect((await withdraw(id)).status).toBe(404);
    expect((await accept(second)).status).toBe(410);
  });

  it('a person who is known joins with their password, and is somebody else there', async () => {
    const bob = await house.owner();
    await invite(bob.email, 'admin');
    const token = await tokenTo(smtp, bob.email);
    expect(await accept(token, { password: 'wrong horse battery' }))
      .toMatchObject({ status: 401, body: { type: 'urn:atoll:problem:tenancy.invited-person-known' } });
    const joined = (await accept(token)).body;
    expect(joined.userId).not.toBe(bob.userId);
    expect(joined.tenant.id).toBe(ada.tenant.id);
  });

  it('nobody makes anybody more than they are, and who left brings nobody in', async () => {
    const email = fresh();
    await invite(email, 'admin');
    const admin = (await accept(await tokenTo(smtp, email))).body as SignedInBody;
    expect(await invite(fresh(), 'owner', admin.accessToken))
      .toMatchObject({ status: 403, body: { type: 'urn:atoll:problem:tenancy.role-beyond-own' } });
    for (const role of ['root', { $ne: '' }, ['admin'], null]) expect((await invite(fresh(), role)).status).toBe(400);
    for (const odd of [{ $ne: '' }, ['a@b.org'], 'nobody', null]) expect((await invite(odd)).status).toBe(400);
    const guest = fresh();
    expect((await invite(guest, 'member', admin.accessToken)).status).toBe(201);
    const token = await tokenTo(smtp, guest);
    await house.inTenant(ada.tenant.id,
      () => house.db.query(`update tenancy.membership set status = 'suspended' where id = $1`, [admin.userId]));
    expect((await accept(token)).status).toBe(410);
  });

  it('a name in an e-mail is no link', async () => {
    const eve = await house.owner({ tenantName: 'Win at https://evil.example/now', name: 'evil.example' });
    const email = fresh();
    await invite(email, 'member', eve.accessToken);
    await tokenTo(smtp, email);
    expect(smtp.to(email).text).not.toMatch(/evil\.example/);
  });

  it('an invited address is taken by nobody else: registering it needs its own e-mail', async () => {
    const email = fresh();
    await invite(email);
    await tokenTo(smtp, email);
    expect((await house.ask('POST', '/v1/auth/register',
      { body: { tenantName: 'X', name: 'Eve', email, password: 'another horse battery' } })).status).toBe(202);
    expect(await house.get(Tenancy).register({ tenantName: 'Y', name: 'Bob', email, password })).toBeDefined();
  });
});
