import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { bootContexts, type BootedContexts, type Engine, engines, proof, repoRoot } from '#platform/testing';
import { contexts } from '../../contexts.js';
import { drawnShapes, everyShape, type MatrixResult, probe } from './matrix/matrix.js';
import { planted } from './matrix/planted.js';
import { type Route, unmakeable } from './matrix/routes.js';
import { Stage } from './matrix/stage.js';

const isPlanted = ({ path }: Route): boolean => path.startsWith('/v1/planted/');

// The short form probes the first engine alone: what an answer says does not hang on it, and the wall's own matrix runs on both.
describe.each(proof<Engine[]>(engines.slice(0, 1), engines))('every route as every principal in every shape, on %s', (engine) => {
  let booted: BootedContexts;
  let stage: Stage;
  let routes: Route[];

  beforeAll(async () => {
    // Bodies and queries of the routes stand in the description; it is not made where it is fresh.
    execFileSync(process.execPath, [join(repoRoot(), 'tools/openapi-metadata.mjs')], { cwd: repoRoot() });
    booted = await bootContexts([...(await Promise.all(contexts.map(async ({ load }) => (await load()).context))), planted], { engine });
    stage = await Stage.set(booted);
    routes = await stage.routes();
  }, 120_000);
  afterAll(() => booted?.close());

  it('knows how to make whatever a path names', () => {
    expect(unmakeable(routes)).toEqual([]);
    expect(unmakeable([{ name: 'GET /v1/unheard-of/{id}', params: [{ name: 'id', kind: 'unheard-of' }] } as Route])).toHaveLength(1);
  });

  it('tells a foreign id from an unknown one nowhere, and changes nothing of the other tenant', async () => {
    const result: MatrixResult = await probe(stage, routes.filter((route) => !isPlanted(route)), proof(drawnShapes, everyShape));
    expect(result.leaks).toEqual([]);
    expect(result.unreached).toEqual([]);
    expect(result.probes).toBeGreaterThanOrEqual(8_000);
    console.log(`${result.probes} probes of ${routes.length} routes`);
  }, proof(900_000, 3_600_000));

  it('goes red where a repository finds by id alone', async () => {
    const { leaks } = await probe(stage, routes.filter(isPlanted));
    const caught = new Set(leaks.map((leak) => leak.slice(0, leak.search(/ as |: /))));
    expect([...caught].sort())
      .toEqual(['GET /v1/planted/by-header', 'GET /v1/planted/items/{id}', 'PATCH /v1/planted/items/{id}', 'POST /v1/planted/by-body']);
  }, proof(180_000, 600_000));
});
