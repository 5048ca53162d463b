import { engines, eventually } from '#platform/testing';
import { markdown } from '../documents.js';
import { contextNames, Fleet, freePorts } from '../fleet.js';
import { register } from '../sign-up.js';
import { untar } from './full-tenant.js';

// Each context does its part in the process that hosts it.
(engines.includes('postgres') ? describe : describe.skip)('the life of a tenant, with search in a process of its own', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.open();
  }, 60_000);
  afterAll(() => fleet?.close());

  it('is exported from both, also where one of them is down when it is asked for and killed on the way', async () => {
    const [front, pod, again] = await freePorts(3);
    const url = `http://127.0.0.1:${front}`;
    await fleet.start(
      { name: 'pod', port: pod!, env: { ATOLL_CONTEXTS: 'search' } },
      { name: 'front', port: front!,
        env: { ATOLL_CONTEXTS: contextNames.filter((name) => name !== 'search').join(','), ATOLL_URL_SEARCH: `http://127.0.0.1:${pod}` } },
    );
    const ada = await register(url, 'ada@harbour.example', 'Harbour');
    await ada.upload('handbook.md', markdown);
    await ada.send('POST', '/v1/memories', { text: 'The spare key hangs behind the barometer.' });
    await fleet.end('pod', 'SIGKILL');
    const { body: asked } = await ada.send<{ id: string }>('POST', '/v1/tenant/exports');
    const state = async (): Promise<{ state: string; progress: number; rows: Record<string, number> }> =>
      (await ada.send<{ state: string; progress: number; rows: Record<string, number> }>('GET', `/v1/tenant/exports/${asked.id}`)).body;
    await eventually(async () => expect((await state()).rows).toMatchObject({ 'memory.fact': 1 }), { timeoutMs: 20_000 });
    expect(await state()).toMatchObject({ state: 'running', rows: expect.not.objectContaining({ 'search.document': 1 }) });
    await fleet.start({ name: 'pod again', port: again!, env: { ATOLL_CONTEXTS: 'search' } });
    await eventually(async () => expect(await state())
      .toMatchObject({ state: 'done', progress: 1, rows: { 'search.document': 1, 'memory.fact': 1 } }), { timeoutMs: 30_000 });
    const { body: link } = await ada.send<{ path: string }>('POST', `/v1/tenant/exports/${asked.id}/link`);
    const files = untar(Buffer.from(await (await fetch(`${url}${link.path}`)).arrayBuffer()));
    expect([...files].some(([path, content]) => path.startsWith('blobs/search/files/') && content.toString() === markdown.toString()))
      .toBe(true);
  }, 120_000);
});
