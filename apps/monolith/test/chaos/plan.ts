import type { Chance } from '#platform/testing';
import { type FaultName, faults } from './faults.js';

/** One fault: when it strikes after the round's work began, whom, and how long it lasts. */
export interface Round {
  number: number;
  fault: FaultName;
  /** Names of processes, where the fault is about processes. */
  targets: string[];
  afterMs: number;
  lastsMs: number;
}

/**
 * The whole programme, before anything runs. Faults are dealt from a shuffled deck rather than drawn one by one: each kind comes as often
 * as it stands in the deck, and Redis comes back empty exactly as often as with its data.
 */
export function plan(chance: Chance, rounds: number, processes: string[],
  known: FaultName[] = Object.keys(faults) as FaultName[]): Round[] {
  const deck: FaultName[] = [];
  return Array.from({ length: rounds }, (_, at) => {
    if (deck.length === 0) deck.push(...chance.shuffled(known.flatMap((name) => Array<FaultName>(faults[name].inDeck).fill(name))));
    const fault = deck.pop()!;
    const { targets = 0, lastsMs } = faults[fault];
    const count = targets > 1 ? chance.between(1, targets) : targets;
    return { number: at + 1, fault, targets: chance.shuffled(processes).slice(0, count), afterMs: chance.between(300, 2_500),
      lastsMs: chance.between(...lastsMs) };
  });
}

export function told({ number, fault, targets, afterMs, lastsMs }: Round): string {
  return `round ${number}: ${faults[fault].says}${targets.length > 0 ? ` (${targets.join(', ')})` : ''}, ${afterMs} ms into the work, ` +
    `for ${lastsMs} ms`;
}
