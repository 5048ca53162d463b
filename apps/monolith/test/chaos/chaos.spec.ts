import { engines, proof } from '#platform/testing';
import { fewPods } from './house.js';
import { runProgramme } from './programme.js';
import { summary } from './summary.js';

// The long form is `npm run chaos`. Other specs run beside this one: how fast it is ready again is looked at there.
(engines.includes('postgres') ? describe : describe.skip)('the kill programme', () => {
  it('breaks no promise in a few rounds', async () => {
    // Kills of a pod with several contexts and of a replica, then a Redis that comes back empty.
    const seed = 'tide 10637';
    const said: string[] = [];
    const report = await runProgramme({ seed, rounds: proof(2, 13), pods: fewPods, readyMs: 60_000, say: (line) => said.push(line) });
    if (report.leftOut.length > 0) console.warn(said[0]);
    expect({ violations: report.rounds.flatMap(({ violations }) => violations),
      ...(report.rounds.some(({ violations }) => violations.length > 0) && { said }) }).toEqual({ violations: [] });
    expect(report.rounds).toHaveLength(proof(2, 13));
    expect(report.journal.asked.filter(({ accepted }) => accepted).length).toBeGreaterThan(5);
    expect(summary(report, seed)).toContain('0 violations');
  }, 900_000);
});
