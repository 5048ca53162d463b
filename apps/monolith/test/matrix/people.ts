import type pg from 'pg';
import { newId } from '#platform/core';
import { AuthenticatorApp, withClient } from '#platform/testing';
import type { Tenancy } from '#tenancy';
import { PAGE, type Wire } from './wire.js';

/** Whoever speaks: a principal of a tenant, or nobody. */
export interface Person {
  name: string;
  tenantId: string;
  /** The member behind it, or whose key it is. */
  userId: string;
  token?: string;
  refreshToken?: string;
  email?: string;
}

interface SignedIn {
  accessToken: string;
  refreshToken: string;
  tenant: { id: string };
  userId: string;
}

export const PASSWORD = 'correct horse battery';
const KEY_SCOPES = ['*.read', 'memory.*', 'search.*', 'agent.runs.write', 'agent.feedback.write'];

export async function newOwner(wire: Wire, tenantName: string): Promise<Person> {
  const email = `${newId()}@example.org`;
  const { accessToken, refreshToken, tenant, userId } = await wire.need<SignedIn>({ method: 'POST', path: '/v1/auth/register',
    body: { tenantName, name: 'Owner', email, password: PASSWORD } });
  return { name: 'owner', tenantId: tenant.id, userId, token: accessToken, refreshToken, email };
}

/** Nobody, a visitor of a widget, every fixed role, and a key of the owner's with a few scopes. */
export async function principalsOf(wire: Wire, admin: pg.ClientConfig, owner: Person): Promise<Person[]> {
  const members: Person[] = [];
  for (const role of ['viewer', 'member', 'admin']) members.push(await newMember(wire, admin, owner, role));
  const { key } = await wire.need<{ key: string }>({ method: 'POST', path: '/v1/api-keys', body: { name: 'matrix', scopes: KEY_SCOPES } },
    owner.token);
  return [{ ...owner, name: 'anonymous', token: undefined }, await newVisitor(wire, owner), ...members, owner,
    { ...owner, name: 'key', token: key }];
}

export function newWidget(wire: Wire, by: Person, agentId: string): Promise<{ id: string; key: string }> {
  return wire.need({ method: 'POST', path: '/v1/widgets',
    body: { name: 'Shop', agentId, origins: [PAGE], perMinute: 1_000_000, perVisitorMinute: 10_000 } }, by.token);
}

async function newVisitor(wire: Wire, owner: Person): Promise<Person> {
  const { id: agentId } = await wire.need<{ id: string }>({ method: 'POST', path: '/v1/agents', body: { name: newId() } }, owner.token);
  const { key } = await newWidget(wire, owner, agentId);
  const { token, visitorId } = await wire.need<{ token: string; visitorId: string }>({ method: 'POST', path: '/v1/visitor-tokens',
    body: { key }, headers: { origin: PAGE } });
  return { name: 'visitor', tenantId: owner.tenantId, userId: visitorId, token };
}

/** Somebody who runs the deployment, and gave no reason to look into any tenant. */
export async function newOperator(wire: Wire, tenancy: Tenancy, owner: Person): Promise<Person> {
  const email = `${newId()}@example.org`;
  const { id } = await tenancy.addOperator({ email, name: 'Olga', password: PASSWORD });
  const { token } = await wire.need<{ token: string }>({ method: 'POST', path: '/v1/operator/sign-in',
    body: { email, password: PASSWORD } });
  const { secret } = await wire.need<{ secret: string }>({ method: 'POST', path: '/v1/operator/second-factor',
    body: { password: PASSWORD } }, token);
  await wire.need({ method: 'POST', path: '/v1/operator/second-factor/confirm', body: { code: new AuthenticatorApp(secret).next() } },
    token);
  return { name: 'operator', tenantId: owner.tenantId, userId: id, token, email };
}

/** Somebody with a tenant of their own, who is a member here as well. */
export async function newMember(wire: Wire, admin: pg.ClientConfig, { tenantId }: Person, role: string): Promise<Person> {
  const { userId: elsewhere, email } = await newOwner(wire, 'Elsewhere');
  const userId = newId();
  await withClient(admin, (client) =>
    client.query(
      `insert into tenancy.membership (tenant_id, id, identity_id, email, name, role)
       select $1, $2, identity_id, email, name, $3 from tenancy.membership where id = $4`,
      [tenantId, userId, role, elsewhere],
    ),
  );
  const { accessToken, refreshToken } = await signIn(wire, { tenantId, email });
  return { name: role, tenantId, userId, token: accessToken, refreshToken, email };
}

export function signIn(wire: Wire, { tenantId, email }: Pick<Person, 'tenantId' | 'email'>): Promise<SignedIn> {
  return wire.need({ method: 'POST', path: '/v1/auth/login', body: { email, password: PASSWORD, tenantId } });
}
