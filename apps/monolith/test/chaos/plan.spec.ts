import { Chance } from '#platform/testing';
import { faults } from './faults.js';
import { plan, told } from './plan.js';

const PROCESSES = ['edge', 'worker', 'search', 'search-2', 'agent'];
const planned = (seed: string, rounds = 26): ReturnType<typeof plan> => plan(new Chance(seed), rounds, PROCESSES);

describe('the plan of the kill programme', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planned('one')).toEqual(planned('one'));
    expect(planned('one')).not.toEqual(planned('two'));
    expect(planned('one', 5)).toEqual(planned('one').slice(0, 5));
  });

  it('deals every kind of fault as often as it stands in the deck, Redis as often empty as not', () => {
    const counts = Map.groupBy(planned('three'), ({ fault }) => fault);
    const deck = Object.values(faults).reduce((sum, { inDeck }) => sum + inDeck, 0);
    expect(deck).toBe(13);
    for (const [name, { inDeck }] of Object.entries(faults)) expect(counts.get(name as keyof typeof faults)).toHaveLength(2 * inDeck);
    expect(counts.get('redis-wiped')).toHaveLength(counts.get('redis-killed')!.length);
  });

  it('names processes that there are, each once, and keeps to the bounds', () => {
    for (const { fault, targets, lastsMs } of planned('four', 200)) {
      expect(new Set(targets).size).toBe(targets.length);
      expect(PROCESSES).toEqual(expect.arrayContaining(targets));
      expect(targets.length).toBeLessThanOrEqual(faults[fault].targets ?? 0);
      expect(targets.length > 0).toBe('targets' in faults[fault]);
      const [least, most] = faults[fault].lastsMs;
      expect(lastsMs).toBeGreaterThanOrEqual(least);
      expect(lastsMs).toBeLessThanOrEqual(most);
    }
  });

  it('leaves out what cannot be done here', () => {
    expect(plan(new Chance('five'), 20, PROCESSES, ['redis-wiped']).every(({ fault }) => fault === 'redis-wiped')).toBe(true);
  });

  it('tells each round in a line', () => {
    expect(told({ number: 3, fault: 'processes-killed', targets: ['edge', 'agent'], afterMs: 400, lastsMs: 70 }))
      .toBe('round 3: kill -9 (edge, agent), 400 ms into the work, for 70 ms');
  });
});
