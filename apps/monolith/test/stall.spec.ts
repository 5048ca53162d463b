import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { bootContexts, type BootedContexts, chanceOfRun, engines, proof, repoRoot } from '#platform/testing';
import { contexts } from '../../contexts.js';
import { HEAVY_BODIES, HEAVY_SIZES, HEAVY_VALUES } from './matrix/heavy-bodies.js';
import { BODIES } from './matrix/samples.js';
import { plainAsk } from './matrix/shapes.js';
import { Stage } from './matrix/stage.js';
import { kindsOf, type Route } from './matrix/routes.js';
import type { Answer, Ask } from './matrix/wire.js';

/** What one request may take of the thread that serves all tenants, and what a refusal may weigh. */
const STALL_MS = 50;
const ANSWER_BYTES = 16_384;
const MEGABYTE = 1_000_000;

/** A machine that collects garbage or compiles at that moment is slow once. */
const TRIES = 3;

describe.each(engines.slice(0, 1))('no body stalls the house, on %s', (engine) => {
  let booted: BootedContexts;
  let stage: Stage;
  let routes: Route[];
  let made: Map<string, string>;

  beforeAll(async () => {
    execFileSync(process.execPath, [join(repoRoot(), 'tools/openapi-metadata.mjs')], { cwd: repoRoot() });
    booted = await bootContexts(await Promise.all(contexts.map(async ({ load }) => (await load()).context)), { engine });
    stage = await Stage.set(booted);
    // A form is read as it comes; what ends the credential it is asked with would end the proof.
    routes = (await stage.routes()).filter(({ body, form, name }) => body !== undefined && !form && name !== 'POST /v1/auth/logout');
    made = new Map();
  }, 120_000);
  afterAll(() => booted?.close());

  const body = (name: string, make: () => string): string => {
    if (!made.has(name)) made.set(name, make().slice(0, MEGABYTE));
    return made.get(name)!;
  };

  /** Milliseconds of this thread: what others on the machine do does not count. */
  async function measured(ask: Ask): Promise<Answer & { ms: number }> {
    const before = process.threadCpuUsage();
    const answer = await stage.wire.send(ask, stage.attackers.owner.token);
    const { user, system } = process.threadCpuUsage(before);
    return { ...answer, ms: (user + system) / 1_000 };
  }

  async function faultOf(ask: Ask): Promise<string | undefined> {
    let worst = '';
    for (let tries = 0; tries < TRIES; tries++) {
      const { ms, status, text } = await measured(ask);
      if (status >= 500) return `answered ${status}`;
      if (status >= 400 && text.length > ANSWER_BYTES) return `an answer of ${text.length} bytes`;
      // What a served request costs is its route's own to measure.
      if (ms <= STALL_MS || status < 300) return undefined;
      worst = `${Math.round(ms)} ms, ${status}`;
    }
    return worst;
  }

  async function bodiesOf(route: Route, plain: Ask): Promise<[string, string][]> {
    const names = [...new Set([...Object.keys((route.wholeBody?.() ?? {}) as object), ...Object.keys((plain.body ?? {}) as object)])];
    const chance = chanceOfRun(`stall ${route.name}`);
    const sizes = proof([HEAVY_SIZES[0]!, chance.pick(HEAVY_SIZES.slice(1, -1)), HEAVY_SIZES.at(-1)!], HEAVY_SIZES);
    return sizes.flatMap((size) => [
      ...Object.entries(HEAVY_BODIES).map(([name, make]) => [`${size} ${name}`, body(`${size} ${name}`, () => make(size))] as [string,
        string]),
      ...proof(chance.of(String(size)).shuffled(Object.entries(HEAVY_VALUES)).slice(0, 4), Object.entries(HEAVY_VALUES))
        .flatMap(([name, make]) => names.map((field) => [`${size} ${name} as ${field}`,
          withField(plain.body, field, body(`${size} value ${name}`, () => make(size)))] as [string, string])),
    ]);
  }

  it('of any route, signed in or not', async () => {
    expect(routes.length).toBeGreaterThan(60);
    const wrong: string[] = [];
    let sent = 0;
    for (const route of routes) {
      const own = await stage.ownOf(stage.attackers.owner, kindsOf(route));
      const plain = plainAsk(route, own, BODIES[route.name]?.(stage.attackers.owner, own) ?? route.body?.());
      for (const [name, heavy] of await bodiesOf(route, plain)) {
        sent += 1;
        const fault = await faultOf({ ...plain, body: heavy });
        if (fault !== undefined) wrong.push(`${route.name}, ${name}: ${fault}`);
      }
    }
    console.log(`${sent} bodies to ${routes.length} routes`);
    expect(wrong).toEqual([]);
  }, proof(240_000, 1_800_000));
});

function withField(body: unknown, field: string, value: string): string {
  const { [field]: _replaced, ...others } = (body ?? {}) as Record<string, unknown>;
  return `{${[...Object.entries(others).map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`),
    `${JSON.stringify(field)}:${value}`].join(',')}}`;
}
