import { controllersOf, routesOf } from '#platform/http';
import { bootContexts, type BootedContexts } from '#platform/testing';
import { contexts } from './contexts.js';
import { describePlacement, placementFaults, readUrls } from './placement.js';

const graph = { 'platform/core': [], tenancy: ['platform/core'], search: ['platform/core', 'tenancy'],
  agent: ['platform/core', 'tenancy', 'search'] };

describe('placement', () => {
  it('accepts contexts whose calls stay at home', () => {
    expect(placementFaults(['tenancy', 'search'], graph, false)).toEqual([]);
  });

  it('names every context that is needed and left out, and who needs it', () => {
    expect(placementFaults(['agent'], graph, false).map(({ fault }) => fault)).toEqual([
      'leaves out tenancy, which agent calls. Host it here too, or set REDIS_URL and host it in another process',
      'leaves out search, which agent calls. Host it here too, or set REDIS_URL and host it in another process',
    ]);
  });

  it('needs nothing beside it once other processes can be reached', () => {
    expect(placementFaults(['agent'], graph, true)).toEqual([]);
  });

  it('lets a process host nothing where it can forward everything, and names what it cannot', () => {
    const urls = (...names: string[]): Map<string, URL[]> => new Map(names.map((name) => [name, [new URL(`http://${name}:3000`)]]));
    expect(placementFaults([], graph, true, urls('tenancy', 'search', 'agent'))).toEqual([]);
    expect(placementFaults([], graph, true, urls('tenancy')).map(({ name, fault }) => `${name} ${fault}`)).toEqual([
      'ATOLL_URL_SEARCH must say where search is served (http://search:3000): a process that hosts nothing (ATOLL_CONTEXTS=none) ' +
        'forwards every route',
      'ATOLL_URL_AGENT must say where agent is served (http://agent:3000): a process that hosts nothing (ATOLL_CONTEXTS=none) forwards ' +
        'every route',
    ]);
  });

  it('reads one address or several of each context, and tells every wrong one without its value', () => {
    const { urls, faults } = readUrls({ ATOLL_URL_SEARCH: 'http://search:3000', ATOLL_URL_AGENT: 'http://a:3000, https://b',
      ATOLL_URL_SERACH: 'http://x', ATOLL_URL_TENANCY: 'http://u:secret@x', ATOLL_DATA_DIR: '/x' }, graph);
    expect([...urls].map(([name, all]) => [name, all.map(({ origin }) => origin)]))
      .toEqual([['search', ['http://search:3000']], ['agent', ['http://a:3000', 'https://b']]]);
    expect(faults.map(({ name }) => name)).toEqual(['ATOLL_URL_SERACH', 'ATOLL_URL_TENANCY']);
    expect(JSON.stringify(faults)).not.toContain('secret');
    for (const wrong of ['search:3000', 'redis://search', 'http://search?x=1', 'http://a:3000,'])
      expect(readUrls({ ATOLL_URL_SEARCH: wrong }, graph).faults).toHaveLength(1);
  });

  it('says of each context elsewhere how it is reached', () => {
    const elsewhere = contexts.filter(({ contract }) => ['search', 'agent'].includes(contract.name));
    expect(describePlacement({ hosted: [], elsewhere, urls: new Map([['search', [new URL('http://search:3000')]]]) },
      'redis://r')).toEqual([
      '  search       called through Redis; its routes are forwarded to search:3000',
      '  agent        called through Redis; its routes are not served here (no ATOLL_URL_AGENT)',
    ]);
  });

  it('names a context that does not exist', () => {
    expect(placementFaults(['serach'], graph, false))
      .toEqual([{ name: 'ATOLL_CONTEXTS', fault: 'names serach, which is no context. Known: tenancy, search, agent' }]);
  });
});

describe('the routes that are forwarded', () => {
  let booted: BootedContexts;
  afterAll(() => booted.close());

  it('are those that a process hosting the context serves, each with who may call it', async () => {
    const wirings = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
    booted = await bootContexts(wirings);
    const { paths } = (await booted.with()
      .get<{ paths: Record<string, Record<string, { security?: object; 'x-permissions'?: string[] }>> }>('/openapi.json')).body;
    const served = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) =>
        `${method} ${path} ${operation.security ? (operation['x-permissions'] ?? []).join(' ') : 'public'}`));
    const declared = wirings.flatMap(({ module }) => controllersOf(module))
      .flatMap(routesOf).map(({ method, url, config: { atollAccess } }) =>
      `${method.toLowerCase()} ${url.replaceAll(/:(\w+)/g, '{$1}')} ` +
        `${atollAccess!.public ? 'public' : atollAccess!.permissions.join(' ')}`);
    expect(declared.length).toBeGreaterThan(40);
    const everywhere = / \/(health|metrics|v1\/jobs|v1\/operator\/(queues|dead-letters))/;
    expect(declared.sort()).toEqual(served.filter((route) => !everywhere.test(route)).sort());
  }, 60_000);
});
