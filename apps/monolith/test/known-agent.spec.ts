import { newId } from '#platform/core';
import { bootContexts, type BootedContexts, engines } from '#platform/testing';
import { contexts } from '../../contexts.js';
import { newMember, newOwner, type Person } from './matrix/people.js';
import { Wire } from './matrix/wire.js';

describe.each(engines.slice(0, 1))('an agent that a body names, on %s', (engine) => {
  let booted: BootedContexts;
  let wire: Wire;
  let owner: Person;
  let agentId: string;

  const post = (path: string, body: object, { token }: Person = owner) => wire.send({ method: 'POST', path, body }, token);
  const widget = (named: string, by?: Person) =>
    post('/v1/widgets', { name: 'Shop', agentId: named, origins: ['https://shop.example'] }, by);
  const made = async (by: Person): Promise<string> =>
    (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/agents', body: { name: newId() } }, by.token)).id;

  beforeAll(async () => {
    booted = await bootContexts(await Promise.all(contexts.map(async ({ load }) => (await load()).context)), { engine });
    wire = new Wire(booted.app);
    owner = await newOwner(wire, 'Quay');
    agentId = await made(owner);
  }, 60_000);
  afterAll(() => booted.close());

  it('may answer in conversations and widgets', async () => {
    const [conversation, shop] = [await post('/v1/conversations', { agentId }), await widget(agentId)];
    expect([conversation.status, shop.status]).toEqual([201, 201]);
    expect((await post('/v1/conversations', {})).status).toBe(201);
    const { id } = JSON.parse(shop.text) as { id: string };
    const change = (to: string) => wire.send({ method: 'PATCH', path: `/v1/widgets/${id}`, body: { agentId: to } }, owner.token);
    expect([(await change(await made(owner))).status, (await change(newId())).status]).toEqual([200, 404]);
  });

  it('is refused alike where it is unknown, another tenant’s, or closed to the caller', async () => {
    const foreign = await made(await newOwner(wire, 'Elsewhere'));
    const member = await newMember(wire, booted.admin, owner, 'member');
    const closed = await made(owner);
    await wire.need({ method: 'PUT', path: `/v1/agents/${closed}/access`, body: { access: 'restricted', grantedTo: [owner.userId] } },
      owner.token);
    const told = ({ status, text }: { status: number; text: string }): unknown =>
      ({ status, text: text.replace(/"requestId":"[^"]*"/, '') });
    const answers = [await post('/v1/conversations', { agentId: newId() }), await post('/v1/conversations', { agentId: foreign }),
      await post('/v1/conversations', { agentId: closed }, member)].map(told);
    expect(answers[0]).toMatchObject({ status: 404, text: expect.stringContaining('kernel.not-found') });
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    expect(told(await widget(foreign))).toEqual(told(await widget(newId())));
    expect((await widget(foreign)).status).toBe(404);
    expect((await widget('x')).status).toBe(400);
  });
});
