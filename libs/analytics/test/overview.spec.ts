import { Analytics, type Overview } from '#analytics';
import { feedbackGiven } from '#agent';
import { AppError, dayIn, newId } from '#platform/core';
import { asTenant, engines, eventually } from '#platform/testing';
import { documentFailed, documentIndexed, documentRemoved } from '#search';
import { signedIn, tenantCreated } from '#tenancy';
import { Stage } from './stage.js';

describe.each(engines)('the overview on %s', (engine) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open(engine);
  });
  afterAll(() => stage?.close());

  const overview = (tenantId: string, range: { from?: string; to?: string } = {}): Promise<Overview> =>
    asTenant(tenantId, () => stage.booted.get(Analytics).overview(range));
  const settled = (tenantId: string, questions: number) =>
    eventually(async () => expect((await overview(tenantId)).questions).toBe(questions));
  const feedback = (tenantId: string, rating: 'up' | 'down', previous: 'up' | 'down' | null = null) =>
    stage.say(tenantId, feedbackGiven,
      { messageId: newId(), runId: newId(), conversationId: newId(), userId: newId(), rating, previous, commented: false });

  it('counts questions, answers, people, conversations, documents and tokens', async () => {
    const tenant = newId();
    const [ada, bob, conversation] = [newId(), newId(), newId()];
    const [guide, faq] = [{ documentId: newId(), documentName: 'guide.md' }, { documentId: newId(), documentName: 'faq' }];
    await stage.turn(tenant, { userId: ada, conversationId: conversation, cited: [guide, faq, guide], latencyMs: 100 });
    await stage.turn(tenant, { userId: ada, conversationId: conversation, cited: [guide], latencyMs: 200 });
    await stage.turn(tenant, { userId: bob, outcome: 'unknown', latencyMs: 300 });
    await stage.turn(tenant, { userId: bob, conversationId: null, outcome: 'cancelled', latencyMs: 90_000, firstTokenMs: null });
    await settled(tenant, 4);
    const found = await overview(tenant);
    expect(found).toMatchObject({
      timeZone: 'UTC', questions: 4, answered: 2, unknown: 1, broken: 1, unknownShare: 0.3333, conversations: 2, activeUsers: 2,
      tokens: { input: 400, cached: 20, output: 40 }, cost: { currency: 'EUR', micros: 123_456 },
      topDocuments: [{ ...{ documentId: guide.documentId, name: 'guide.md' }, citations: 2 },
        { documentId: faq.documentId, name: 'faq', citations: 1 }],
    });
    expect(found.latency.medianMs! / 200).toBeCloseTo(1, 1);
    expect(found.latency.p95Ms! / 300).toBeCloseTo(1, 1);
    expect(found.series).toHaveLength(30);
    expect(found.series.at(-1))
      .toMatchObject({ day: found.to, questions: 4, answered: 2, activeUsers: 2, conversations: 2, inputTokens: 400 });
    expect(found.series[0]).toEqual({ day: found.from, questions: 0, answered: 0, unknown: 0, broken: 0, conversations: 0, activeUsers: 0,
      thumbsUp: 0, thumbsDown: 0, inputTokens: 0, outputTokens: 0 });
  });

  it('takes a judgement back when somebody changes their mind', async () => {
    const tenant = newId();
    await feedback(tenant, 'up');
    await feedback(tenant, 'up');
    await feedback(tenant, 'down');
    await feedback(tenant, 'down', 'up');
    await eventually(async () => expect(await overview(tenant)).toMatchObject({ thumbsUp: 1, thumbsDown: 2, feedbackScore: 0.3333 }));
  });

  it('counts a judgement once whose comment alone was changed', async () => {
    const tenant = newId();
    await feedback(tenant, 'up');
    await feedback(tenant, 'up', 'up');
    await feedback(tenant, 'down');
    await eventually(async () => expect(await overview(tenant)).toMatchObject({ thumbsUp: 1, thumbsDown: 1 }));
    await eventually(async () => expect(await stage.unheard(tenant)).toBe(0));
  });

  it('somebody who signed in was there, also without a question', async () => {
    const [tenant, userId] = [newId(), newId()];
    await stage.say(tenant, signedIn, { userId, sessionId: newId() });
    await stage.turn(tenant, { userId });
    await eventually(async () => expect(await overview(tenant)).toMatchObject({ questions: 1, activeUsers: 1 }));
  });

  it('follows the knowledge base', async () => {
    const tenant = newId();
    for (let at = 0; at < 3; at += 1) await stage.say(tenant, documentIndexed,
      { documentId: newId(), kind: 'file', passages: 3, characters: 900 });
    await stage.say(tenant, documentFailed, { documentId: newId(), kind: 'file', reason: 'search.empty' });
    await stage.say(tenant, documentRemoved, { documentId: newId(), kind: 'file' });
    await eventually(async () => expect((await overview(tenant)).documents).toEqual({ indexed: 3, failed: 1, removed: 1 }));
  });

  it('a day is the tenant’s own', async () => {
    for (const timeZone of ['Pacific/Kiritimati', 'Pacific/Niue']) {
      const tenant = newId();
      await stage.say(tenant, tenantCreated, { name: 'Reef', plan: 'free', locale: 'en', timeZone, ownerId: newId() });
      await eventually(async () => expect((await overview(tenant)).timeZone).toBe(timeZone));
      await stage.turn(tenant);
      await settled(tenant, 1);
      const today = dayIn(timeZone, new Date());
      const found = await overview(tenant);
      expect(found.to).toBe(today);
      expect(found.series.at(-1)).toMatchObject({ day: today, questions: 1 });
    }
  });

  it('one tenant’s numbers are nobody else’s', async () => {
    const [tenant, other] = [newId(), newId()];
    await stage.turn(tenant, { cited: [{ documentId: newId(), documentName: 'secret.md' }] });
    await settled(tenant, 1);
    const found = await overview(other);
    expect(found).toMatchObject({ questions: 0, conversations: 0, activeUsers: 0, topDocuments: [], unknownShare: null, feedbackScore: null,
      latency: { medianMs: null, p95Ms: null } });
    expect(JSON.stringify(found)).not.toContain('secret.md');
  });

  it('200 turns at once are 200', async () => {
    const [tenant, userId] = [newId(), newId()];
    const cited = Array.from({ length: 8 }, (_, at) => ({ documentId: newId(), documentName: `${at}.md` }));
    await Promise.all(Array.from({ length: 200 },
      (_, at) => stage.turn(tenant, { userId, cited: [...cited.slice(at % 8), ...cited.slice(0, at % 8)] })));
    await eventually(async () =>
      expect(await overview(tenant)).toMatchObject({ questions: 200, activeUsers: 1, tokens: { input: 20_000 } }), { timeoutMs: 20_000 });
    expect((await overview(tenant)).topDocuments.map(({ citations }) => citations)).toEqual(Array(8).fill(200));
  });

  it('serves the report over HTTP to those who may read it', async () => {
    const tenant = newId();
    const { status, body } = await stage.booted.as(tenant).get('/v1/analytics/overview?from=2026-03-01&to=2026-03-31');
    expect(status).toBe(200);
    expect(body).toMatchObject({ from: '2026-03-01', to: '2026-03-31', questions: 0 });
    expect(stage.billing.asked.at(-1)).toEqual({ from: '2026-03-01', to: '2026-03-31' });
    expect((await stage.booted.as(tenant, { permissions: ['search.*'] }).get('/v1/analytics/overview')).status).toBe(403);
    for (const query of ['from=2026-03-02&to=2026-03-01', 'from=2020-01-01&to=2026-01-01', 'from=yesterday', 'from=2026-02-31',
      'tenantId=x']) {
      expect((await stage.booted.as(tenant).get(`/v1/analytics/overview?${query}`)).status).toBe(400);
    }
  });

  it('goes without the cost while billing cannot be asked, and hides no other failure of it', async () => {
    stage.billing.failure = new AppError('unavailable', 'kernel.database-unavailable', 'not now');
    expect((await overview(newId())).cost).toBeNull();
    stage.billing.failure = new AppError('internal', 'kernel.internal', 'broken');
    await expect(overview(newId())).rejects.toMatchObject({ code: 'internal' });
    stage.billing.failure = undefined;
  });
});
