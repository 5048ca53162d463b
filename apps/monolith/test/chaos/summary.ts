import type { Report } from './programme.js';

/** What a run comes to, in the words of the person who reads it the next morning. */
export function summary({ rounds, journal, leftOut }: Report, seed: string): string {
  const kinds = Map.groupBy(rounds, ({ fault }) => fault);
  const slowest = rounds.toSorted((a, b) => b.readyMs - a.readyMs)[0];
  const broken = rounds.filter(({ violations }) => violations.length > 0);
  const accepted = [
    `${journal.asked.filter(({ accepted }) => accepted).length} questions`, `${journal.filed.filter(({ id }) => id).length} files`,
    `${journal.filed.filter(({ removal }) => removal === 'confirmed').length} removals`, `${journal.noted.length} facts`,
    `${journal.judged.length} judgements`,
  ];
  return [
    '',
    `${rounds.length} rounds with seed ${seed}: ${[...kinds].map(([kind, own]) => `${kind} ${own.length}`).join(', ')}`,
    ...(leftOut.length > 0 ? [`LEFT OUT: ${leftOut.join(', ')}`] : []),
    `accepted: ${accepted.join(', ')}`,
    `refused for the time being: ${[...journal.refused].map(([why, times]) => `${times} × ${why}`).join(', ') || 'nothing'}`,
    `slowest return to ready: ${slowest ? `${Math.round(slowest.readyMs)} ms (round ${slowest.number}, ${slowest.fault})` : 'none'}`,
    ...broken.map(({ number, fault, violations }) =>
      `round ${number} (${fault}) broke ${violations.length}: run it alone with --round ${number}`),
    `${rounds.reduce((sum, { violations }) => sum + violations.length, 0)} violations`,
  ].join('\n');
}
