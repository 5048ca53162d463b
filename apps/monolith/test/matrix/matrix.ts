import { newId } from '#platform/core';
import { chanceOfRun, proof } from '#platform/testing';
import { difference, leaked, tells } from './compare.js';
import type { Person } from './people.js';
import { kindsOf, type Route } from './routes.js';
import { changed } from './rows.js';
import { BODIES } from './samples.js';
import { type Ids, plainAsk, type Shape, shapesOf } from './shapes.js';
import { type Stage, VICTIM } from './stage.js';
import type { Answer } from './wire.js';

export interface MatrixResult {
  probes: number;
  /** Each a sentence that begins with the route; empty is what is wanted. */
  leaks: string[];
  /** Routes that not even the owner got an answer from: what is probed there proves nothing. */
  unreached: string[];
}

/** Routes that answer nobody here, and why. */
const ELSEWHERE: Record<string, string> = {
  'GET /metrics': 'for callers on this machine alone; requests come from other addresses here',
  'GET /v1/tenant-archives': 'takes a signed link (apps/monolith/test/life/export.spec.ts)',
  'POST /v1/me/erasure': 'refuses the only owner of a tenant (apps/monolith/test/life/person.spec.ts)',
  'POST /v1/tenant-deletion/take-back': 'takes the token of a deletion (apps/monolith/test/life/erase.spec.ts)',
  'POST /v1/auth/verify-email': 'takes the token of an e-mail (libs/tenancy/test/registration.spec.ts)',
  'POST /v1/auth/password-reset/confirm': 'takes the token of an e-mail (libs/tenancy/test/password.spec.ts)',
  'POST /v1/auth/change-email': 'takes the token of an e-mail (libs/tenancy/test/address.spec.ts)',
  'POST /v1/auth/invitation': 'takes the token of an e-mail (libs/tenancy/test/invitation.spec.ts)',
  'POST /v1/auth/invitation/accept': 'takes the token of an e-mail (libs/tenancy/test/invitation.spec.ts)',
  'POST /v1/visitor-tokens': 'takes the key of a widget, from its own page (libs/tenancy/test/widget.spec.ts)',
  'POST /v1/me/second-factor/confirm': 'takes a code of an authenticator (libs/tenancy/test/second-factor.spec.ts)',
  'POST /v1/me/second-factor/recovery-codes': 'takes a code of an authenticator (libs/tenancy/test/second-factor.spec.ts)',
  'POST /v1/me/second-factor/remove': 'takes a code of an authenticator (libs/tenancy/test/second-factor.spec.ts)',
  'POST /v1/auth/oidc/start': 'needs an issuer (libs/tenancy/test/oidc.spec.ts)',
  'GET /v1/auth/oidc/callback': 'needs an issuer (libs/tenancy/test/oidc.spec.ts)',
  'POST /v1/auth/oidc/finish': 'needs an issuer (libs/tenancy/test/oidc.spec.ts)',
  'POST /v1/me/external-logins': 'needs an issuer (libs/tenancy/test/tenant-issuer.spec.ts)',
  'POST /v1/identity-providers': 'needs an issuer (libs/tenancy/test/tenant-issuer.spec.ts)',
  'POST /v1/audit/webhooks': 'a tenant has five at most (libs/tenancy/test/audit-webhook.spec.ts)',
  'POST /scim/v2/Users': 'needs a domain that is proven (libs/tenancy/test/scim.spec.ts)',
  'PUT /scim/v2/Users/{id}': 'needs a body that is of the user (libs/tenancy/test/scim.spec.ts)',
  'GET /scim/v2/Schemas/{id}': 'names what is the same for all tenants (libs/tenancy/test/scim.spec.ts)',
  'GET /scim/v2/ResourceTypes/{id}': 'names what is the same for all tenants',
  'POST /v1/domains/{id}/verify': 'needs a record in the DNS (libs/tenancy/test/tenant-issuer.spec.ts)',
};

/** Operators list, shut and open tenants by profession; what they may is in libs/tenancy/test/operator.spec.ts. */
function isOperators({ path }: Route): boolean {
  return path.startsWith('/v1/operator/');
}

const TRIES = 3;

/** A public route looks at no credential: one that has none and one that has all say the same of it as six. */
const PUBLIC_AS = proof(['anonymous', 'owner'], ['anonymous', 'visitor', 'viewer', 'member', 'admin', 'owner', 'key']);

/**
 * Every route as every principal in every shape: what is asked with the other tenant's ids is answered like the same with ids of nobody,
 * and the other tenant's rows stay what they were. A difference counts if it shows three times: clocks and background work differ once.
 */
export async function probe(stage: Stage, routes: Route[], choose = everyShape): Promise<MatrixResult> {
  const result: MatrixResult = { probes: 0, leaks: [], unreached: [] };
  const before = stage.wire.sent;
  await stage.settle();
  let sums = await stage.victim.rows.sums();
  for (const route of routes) {
    // By name: they may be others after a route that ended them.
    for (const { name } of speakersOf(stage, route)) await probeAs(stage, route, name, choose, result);
    const now = await stage.victim.rows.sums();
    for (const table of changed(sums, now)) result.leaks.push(`${route.name}: changed the other tenant's rows in ${table}`);
    sums = now;
  }
  result.probes = stage.wire.sent - before;
  return result;
}

/** Whom a route is tried as. */
function speakersOf({ attackers }: Stage, route: Route): Person[] {
  return attackers.people.filter(({ name }) => (!route.public || PUBLIC_AS.includes(name)) && !(name === 'operator' && isOperators(route)));
}

/**
 * What a principal tries of a route: all shapes; or the things that its path names, and each other shape by one of them alone, every second
 * time by the owner, whom no permission stops.
 */
export type Choice = (route: Route, speaker: string, shapes: Shape[], speakers: string[]) => Shape[];

export const everyShape: Choice = (_route, _speaker, shapes) => shapes;

/** Draws anew in each run who tries what. */
export const drawnShapes: Choice = (route, speaker, shapes, speakers) => {
  const chance = chanceOfRun(`matrix ${route.name}`);
  const drawn = (name: string): string => (chance.of(name).next() < 0.5 ? 'owner' : chance.of(name).of('whom').pick(speakers));
  return shapes.filter((shape) => shape.always || drawn(shape.name) === speaker);
};

async function probeAs(stage: Stage, route: Route, name: string, choose: Choice, result: MatrixResult): Promise<void> {
  const { person, own, body } = await speaker(stage, route, name);
  const shapes = shapesOf(route, own, kindsFor(stage, route), body);
  for (const shape of choose(route, name, shapes, speakersOf(stage, route).map((speaks) => speaks.name))) {
    const fault = await probePair(stage, person, shape);
    if (fault !== undefined) result.leaks.push(`${route.name} as ${person.name}, ${shape.name}: ${fault}`);
  }
  await reviveAfter(stage, route);
  const now = await speaker(stage, route, name);
  const answer = await askOwn(stage, route, now.person, now.body());
  const fault = leaked(answer, secretsOf(stage), '');
  if (fault !== undefined) result.leaks.push(`${route.name} as ${person.name}, own: the answer holds ${fault} of the other tenant`);
  if (person.name === 'owner' && answer.status >= 400 && !(route.name in ELSEWHERE) && !isOperators(route))
    result.unreached.push(`${route.name}: ${answer.status} ${answer.text.slice(0, 200)}`);
  await reviveAfter(stage, route);
}

/** Who speaks under this name now, with what is theirs and a body that is served there. */
async function speaker(stage: Stage, route: Route, name: string): Promise<{ person: Person; own: Ids; body: () => unknown }> {
  const person = stage.attackers.people.find((one) => one.name === name)!;
  const own = await stage.ownOf(person, kindsOf(route));
  return { person, own, body: () => (BODIES[route.name] ? BODIES[route.name]!(person, own) : route.body?.()) };
}

/** A route may end who called it, as signing out does. */
async function reviveAfter(stage: Stage, route: Route): Promise<void> {
  if (route.method !== 'GET' && !(await stage.alive())) await stage.newAttackers();
}

/** With the other tenant's ids and with ids of nobody. */
async function probePair(stage: Stage, person: Person, shape: Shape): Promise<string | undefined> {
  let fault: string | undefined;
  // The second try of a key is a replay, so the first has to tell: it is not the first of its kind, and nothing before it is still under
  // way.
  if (shape.name.startsWith('idempotency')) {
    await stage.wire.send(shape.ask(nobody(stage.victim.ids)), person.token);
    await stage.settle();
  }
  for (let tries = 0; tries < TRIES; tries++) {
    const ask = shape.ask(stage.victim.ids);
    const foreign = await stage.wire.send(ask, person.token);
    const secret = leaked(foreign, secretsOf(stage), JSON.stringify(ask));
    if (secret !== undefined) return `the answer holds ${secret} of the other tenant`;
    const unknown = await stage.wire.send(shape.ask(nobody(stage.victim.ids)), person.token);
    const [left, right] = [tells(foreign), tells(unknown)];
    if (left === right) return undefined;
    fault = difference(left, right);
    await stage.settle();
  }
  return fault;
}

/** The route as it is meant: with things of the caller's own. What it uses up is made for it. */
async function askOwn(stage: Stage, route: Route, person: Person, body: unknown): Promise<Answer> {
  const ids: Ids = { ...stage.attackers.own.get(person)! };
  if (route.method === 'DELETE') for (const { kind } of route.params) ids[kind] = await stage.make(kind, person, stage.attackers.owner);
  return stage.wire.send(plainAsk(route, ids, body), person.token);
}

/** Ids nobody has, made at the same time as the other's: a list goes on at the same place behind them. */
function nobody(ids: Ids): Ids {
  return Object.fromEntries(Object.entries(ids).map(([kind, id]) => [kind, id.slice(0, 14) + newId().slice(14)]));
}

/** What is tried in a path: what it names, and what it does not. */
function kindsFor({ victim }: Stage, { params }: Route): string[] {
  return proof([...new Set([...params.map(({ kind }) => kind), 'tenant', 'owner', 'agents'])], Object.keys(victim.ids));
}

function secretsOf({ victim }: Stage): string[] {
  return [VICTIM, ...Object.values(victim.ids)];
}
