import { newId } from '#platform/core';
import { engines } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { House, type SignedInBody } from './house.js';

describe.each(engines)('teams on %s', (engine) => {
  let house: House;
  let ada: SignedInBody;
  beforeAll(async () => {
    house = await House.open(engine);
    ada = await house.register();
  });
  afterAll(() => house?.close());

  const ask = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: object, token = ada.accessToken) =>
    house.ask(method, url, { token, ...(body && { body }) });
  const team = async () => (await ask('POST', '/v1/teams', { name: newId() })).body.id as string;
  const teamsOf = async (token: string) => (await house.get(Tenancy).authenticate({ scheme: 'bearer', token })).actor.teams;

  it('have members, whose credentials all know of it', async () => {
    const [one, two] = [await team(), await team()];
    const { key } = (await ask('POST', '/v1/me/keys', { name: 'mine', scopes: ['*.read'] })).body;
    expect(await teamsOf(ada.accessToken)).toEqual([]);
    for (const id of [one, two, one]) expect((await ask('PUT', `/v1/teams/${id}/members/${ada.userId}`)).status).toBe(204);
    for (const token of [ada.accessToken, key]) expect((await teamsOf(token))!.sort()).toEqual([one, two].sort());
    expect((await ask('GET', `/v1/teams/${one}/members`)).body.items).toMatchObject([{ id: ada.userId, role: 'owner' }]);
    expect((await ask('DELETE', `/v1/teams/${one}/members/${ada.userId}`)).status).toBe(204);
    expect(await teamsOf(key)).toEqual([two]);
    expect((await ask('DELETE', `/v1/teams/${two}`)).status).toBe(204);
    expect(await teamsOf(ada.accessToken)).toEqual([]);
    const told = (await house.get(Tenancy).ended({ seconds: 60 })).filter(({ subject }) => subject === ada.userId);
    expect(told.length).toBeGreaterThanOrEqual(5);
  });

  it('have names, one each', async () => {
    const id = await team();
    expect((await ask('PATCH', `/v1/teams/${id}`, { name: ' Pilots\n' })).body).toMatchObject({ id, name: 'Pilots' });
    expect((await ask('POST', '/v1/teams', { name: 'Pilots' })).status).toBe(409);
    for (const body of [{}, { name: '' }, { name: 'x', id: newId() }, { name: ['x'] }])
      expect((await ask('POST', '/v1/teams', body)).status).toBe(400);
  });

  it('another tenant’s team and member are unknown', async () => {
    const eve = await house.register();
    const [mine, hers] = [await team(), (await ask('POST', '/v1/teams', { name: 'Hers' }, eve.accessToken)).body.id as string];
    for (const [method, url] of [['GET', `/v1/teams/${hers}`], ['GET', `/v1/teams/${hers}/members`], ['DELETE', `/v1/teams/${hers}`],
      ['PUT', `/v1/teams/${hers}/members/${ada.userId}`], ['PUT', `/v1/teams/${mine}/members/${eve.userId}`],
      ['DELETE', `/v1/teams/${mine}/members/${eve.userId}`]] as const) {
      expect([url, (await ask(method, url)).status]).toEqual([url, 404]);
    }
    expect(await teamsOf(eve.accessToken)).toEqual([]);
  });
});
