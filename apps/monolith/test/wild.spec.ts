import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { bootContexts, type BootedContexts, chanceOfRun, engines, proof, repoRoot } from '#platform/testing';
import { contexts } from '../../contexts.js';
import { BODIES } from './matrix/samples.js';
import { plainAsk } from './matrix/shapes.js';
import { Stage } from './matrix/stage.js';
import { kindsOf, type Route } from './matrix/routes.js';
import { wildAsk } from './matrix/wild.js';
import type { Answer, Ask } from './matrix/wire.js';

/** Wild requests of one route. */
const ASKS = proof(20, 300);

/** End who asks, the tenant or its answers: their wild requests are sent by somebody whom they may end. */
const ENDING = ['POST /v1/auth/logout', 'POST /v1/me/password', 'POST /v1/me/erasure', 'POST /v1/tenant/deletion', 'DELETE /v1/me/sessions',
  'DELETE /v1/me/sessions/{id}', 'PUT /v1/sign-in-policy', 'PUT /v1/budget'];

/** Of routes that speak somebody else's protocol. */
const PROBLEM = /^application\/(problem\+json|json|scim\+json)/;

describe.each(engines.slice(0, 1))('whatever is asked, on %s', (engine) => {
  let booted: BootedContexts;
  let stage: Stage;
  let routes: Route[];

  beforeAll(async () => {
    execFileSync(process.execPath, [join(repoRoot(), 'tools/openapi-metadata.mjs')], { cwd: repoRoot() });
    booted = await bootContexts(await Promise.all(contexts.map(async ({ load }) => (await load()).context)), { engine });
    stage = await Stage.set(booted);
    routes = await stage.routes();
  }, 120_000);
  afterAll(() => booted?.close());

  async function plainOf(route: Route): Promise<Ask> {
    const { owner } = stage.attackers;
    const own = await stage.ownOf(owner, kindsOf(route));
    return plainAsk(route, own, BODIES[route.name]?.(owner, own) ?? route.body?.());
  }

  it('no route fails inside, and every refusal is a problem', async () => {
    const wrong = new Set<string>();
    let refused = 0;
    const ask = async (route: Route, wild: Ask): Promise<void> => {
      const { status, headers, text } = await stage.wire.send(wild, stage.attackers.owner.token);
      if (status >= 400) refused += 1;
      const fault = faultOf({ status, headers, text });
      if (fault) wrong.add(`${route.name}: ${fault} to ${JSON.stringify({ ...wild, method: undefined }).slice(0, 300)}`);
      if (status === 401 && !route.public) await stage.newAttackers();
    };
    for (const route of routes) {
      const chance = chanceOfRun(`wild ${route.name}`);
      for (let at = 0; at < ASKS; at++) await ask(route, wildAsk(route, await plainOf(route), chance));
      if (ENDING.includes(route.name) || !(await stage.alive())) await stage.newAttackers();
    }
    console.log(`${routes.length * ASKS} requests to ${routes.length} routes, ${refused} refused`);
    expect([...wrong]).toEqual([]);
    expect(refused).toBeGreaterThan(routes.length * ASKS * 0.5);
  }, proof(300_000, 3_600_000));
});

function faultOf({ status, headers, text }: Answer): string | undefined {
  if (status < 400) return undefined;
  if (status === 500 || (status > 500 && status !== 503)) return `${status} ${text.slice(0, 200)}`;
  if (!PROBLEM.test(String(headers['content-type']))) return `${status} as ${String(headers['content-type'])}`;
  return text.length > 16_384 ? `${status} of ${text.length} bytes` : undefined;
}
