import { newId } from '#platform/core';
import { Databases } from '#platform/database';
import { House } from './house.js';
import { newOperator, type Operator } from './operators.js';

const ROUTE = '/v1/operator/dead-letters';
const HANDLER = 'tenancy.nobody';
const INSERT = `insert into kernel.delivery (tenant_id, message_id, handler, context, kind, name, version, body, signature, status, attempt, error)
  values ($1, $2, $3, 'tenancy', 'event', 'tenancy.fact', 1, '{"data":{"secret":"of the tenant"}}', 's', 'dead', 5, '{"message":"it broke"}')`;

describe('dead letters for operators', () => {
  let house: House;
  let olga: Operator;
  let owner: { accessToken: string; tenant: { id: string } };

  beforeAll(async () => {
    house = await House.open('embedded');
    olga = await newOperator(house);
    owner = await house.register();
  });
  afterAll(() => house?.close());

  const ask = (method: 'GET' | 'POST', path: string, body?: object, token = olga.token) => house.ask(method, ROUTE + path, { token, body });
  async function deadLetter(): Promise<{ tenantId: string; messageId: string; handler: string }> {
    const key = { tenantId: owner.tenant.id, messageId: newId(), handler: HANDLER };
    await house.get(Databases).platformDbs()[0]!.systemQuery('makes a dead letter', INSERT, Object.values(key));
    return key;
  }

  it('are listed with why they failed and without what they say, to operators alone', async () => {
    const key = await deadLetter();
    const { status, body } = await ask('GET', `?tenantId=${key.tenantId}`);
    expect([status, body.items])
      .toEqual([200, [expect.objectContaining({ ...key, state: 'dead', attempts: 5, error: { message: 'it broke' } })]]);
    expect(JSON.stringify(body)).not.toContain('of the tenant');
    expect((await ask('GET', '', undefined, owner.accessToken)).status).toBe(403);
    expect((await ask('POST', '/discard', key)).status).toBe(204);
  });

  it('go back to their handler, one or all of it, or are forgotten', async () => {
    const [first, second] = [await deadLetter(), await deadLetter()];
    expect((await ask('POST', '/replay', first)).status).toBe(204);
    expect((await ask('POST', '/replay', first)).status).toBe(404);
    expect((await ask('POST', '/replay-all', { handler: HANDLER })).body).toEqual({ replayed: 1 });
    expect((await ask('POST', '/discard', second)).status).toBe(404);
    expect((await ask('POST', '/replay', { ...first, messageId: 'x' })).status).toBe(400);
  });
});
