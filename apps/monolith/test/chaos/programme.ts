import { setTimeout as pause } from 'node:timers/promises';
import { Canary } from '#platform/testing';
import { register } from '../sign-up.js';
import type { Pods } from '../topology.js';
import { Chance } from '#platform/testing';
import { violations } from './checker.js';
import type { Evidence, Violation } from './evidence.js';
import { DISK_FAULTS, type FaultName, faults } from './faults.js';
import { type House, openHouse, untilReady } from './house.js';
import { untilQuiet } from './invariants/outbox.js';
import { Journal } from './journal.js';
import { TalkingModel } from './model.js';
import { Person } from './person.js';
import { type Round, plan, told } from './plan.js';
import { work } from './work.js';

export interface ProgrammeOptions {
  seed: string;
  rounds: number;
  /** Of these, the one to run alone. */
  only?: number;
  /** Kinds of fault; default: all. */
  kinds?: FaultName[];
  /** Which processes there are besides edge and worker; default: one for each context, two for some. */
  pods?: Pods;
  /** Longest that a return to ready may take. */
  readyMs: number;
  logs?: string;
  say(line: string): void;
}

export interface RoundReport extends Round {
  readyMs: number;
  quietMs: number;
  violations: Violation[];
}

export interface Report {
  rounds: RoundReport[];
  journal: Journal;
  leftOut: FaultName[];
}

const TENANTS = ['harbour', 'yard', 'lighthouse'];

/** Work that goes on after everything is back, so that what was broken meets it. */
const AFTERWARDS_MS = 800;

/**
 * The whole story: build the house, let people work in it, hurt it round after round, and look each time what became of what it promised.
 */
export async function runProgramme({ seed, rounds, only, kinds = Object.keys(faults) as FaultName[], pods, readyMs, logs,
  say }: ProgrammeOptions): Promise<Report> {
  const model = await TalkingModel.start();
  let house: House | undefined;
  try {
    house = await openHouse({ pods, model, logs });
    const leftOut = house.disks ? [] : DISK_FAULTS.filter((name) => kinds.includes(name));
    if (leftOut.length > 0) say(`LEFT OUT: ${leftOut.join(', ')}: this process may not mount a small disk. Run as root to have it filled.`);
    const known = kinds.filter((name) => !leftOut.includes(name));
    const chance = new Chance(seed);
    const planned = plan(chance.of('plan'), rounds, house.fleet.members.map(({ name }) => name), known);
    say(`seed ${seed}: ${house.fleet.members.length} processes`);
    for (const round of planned) say(told(round));

    const journal = new Journal();
    const people = await moveIn(house, journal);
    const evidence: Evidence = { journal, people, model, admin: house.postgres.database.admin, since: 0 };
    await untilReady(house, () => probe(people));
    const reports: RoundReport[] = [];
    for (const round of planned.filter(({ number }) => only === undefined || number === only)) {
      const report = await play(round, house, evidence, chance.of(`round ${round.number}`));
      if (report.readyMs > readyMs) report.violations.push({ invariant: `ready again within ${readyMs} ms`,
        told: `it took ${Math.round(report.readyMs)} ms after round ${round.number}` });
      say(`round ${round.number} done: ready in ${Math.round(report.readyMs)} ms, quiet in ${Math.round(report.quietMs)} ms, ` +
        `${report.violations.length} violations`);
      for (const { invariant, told: what } of report.violations) say(`  VIOLATED ${invariant}: ${what}`);
      reports.push(report);
    }
    const last = reports.at(-1);
    if (last) last.violations.push(...fresh(await violations({ ...evidence, since: 0 }), reports));
    return { rounds: reports, journal, leftOut };
  } finally {
    await house?.close();
    await model.stop();
  }
}

async function moveIn(house: House, journal: Journal): Promise<Person[]> {
  const people: Person[] = [];
  for (const tenant of TENANTS) {
    const canary = new Canary();
    journal.canaries.set(tenant, canary);
    people.push(new Person(tenant, await register(house.url, `ada@${tenant}.example`, tenant), canary, journal));
  }
  return people;
}

async function play(round: Round, house: House, evidence: Evidence, chance: Chance): Promise<RoundReport> {
  const { journal, people } = evidence;
  journal.round = round.number;
  const fault = faults[round.fault];
  const endWork = work(people, chance);
  await pause(round.afterMs);
  await fault.strike(house, round.targets);
  await pause(round.lastsMs);
  const from = performance.now();
  await fault.heal(house, round.targets);
  await untilReady(house, () => probe(people))
    .catch((error: unknown) => journal.odd.push(`not ready after round ${round.number}: ${String(error)}`));
  const readyMs = performance.now() - from;
  await pause(AFTERWARDS_MS);
  await endWork();
  const quietMs = await untilQuiet(evidence);
  const found = await violations({ ...evidence, since: round.number });
  journal.odd.length = 0;
  journal.foreign.length = 0;
  return { ...round, readyMs, quietMs, violations: found };
}

/** One request to each context, as each of the people. */
async function probe(people: Person[]): Promise<void> {
  const paths = ['/v1/me', '/v1/conversations?limit=1', '/v1/knowledge/files?limit=1', '/v1/usage', '/v1/agents', '/v1/analytics/overview'];
  const asked = await Promise.all(
    people.slice(0, 1).flatMap((person) => paths.map(async (path) => ({ path, status: (await person.send('GET', path)).status }))));
  const bad = asked.filter(({ status }) => status !== 200);
  if (bad.length > 0) throw new Error(bad.map(({ path, status }) => `${path} answers ${status}`).join(', '));
}

/** What the look at the whole journal finds beyond what was found round by round. */
function fresh(found: Violation[], reports: RoundReport[]): Violation[] {
  const known = new Set(reports.flatMap(({ violations: own }) => own.map(({ invariant, told: what }) => `${invariant}: ${what}`)));
  return found.filter(({ invariant, told: what }) => !known.has(`${invariant}: ${what}`));
}
