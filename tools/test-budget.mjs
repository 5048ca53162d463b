import { readFileSync } from 'node:fs';

/**
 * tools/test-budget.json. `seconds`: what the spec files under a folder may take together on a machine with two cores (`npm test`).
 * `first`: the longest files, longest first; a run begins with them, so that none is left over at its end for one worker alone.
 */
export const testBudget = JSON.parse(readFileSync(new URL('./test-budget.json', import.meta.url), 'utf8'));

/** The folder of the budget that a file belongs to; undefined where none has it. */
export function folderOf(path, seconds = testBudget.seconds) {
  return Object.keys(seconds).find((folder) => path.startsWith(`${folder}/`));
}

/**
 * Seconds per folder beside its budget, longest first. `files` are `{ path, seconds, tests }`, the path from the root of the checkout.
 * Who is over, or has no budget, is marked; it never fails a run, because machines differ.
 */
export function budgetTable(files, { seconds, first } = testBudget) {
  const rows = new Map();
  for (const { path, seconds: took, tests } of files) {
    const folder = folderOf(path, seconds) ?? path;
    const row = rows.get(folder) ?? { folder, took: 0, tests: 0, files: 0, budget: seconds[folder] ?? 0 };
    rows.set(folder, { ...row, took: row.took + took, tests: row.tests + tests, files: row.files + 1 });
  }
  const sorted = [...rows.values()].sort((a, b) => b.took - a.took);
  const over = sorted.filter(({ took, budget }) => took > budget);
  const slow = files.filter(({ path, seconds: took }) => took > SLOW_SECONDS && !first.includes(path));
  return [
    ...sorted.map(({ folder, took, budget, files: count, tests }) =>
      `${took > budget ? '  OVER ' : '       '}${folder.padEnd(26)}${took.toFixed(1).padStart(7)} s of ${String(budget).padStart(3)}${String(count).padStart(5)} files${String(tests).padStart(6)} tests`),
    ...(over.length > 0 ? [`  OVER BUDGET: ${over.map(({ folder, took, budget }) => `${folder} by ${(took - budget).toFixed(0)} s`).join(', ')}.`] : []),
    ...(slow.length > 0 ? [`  Longer than ${SLOW_SECONDS} s and not under "first" in tools/test-budget.json: ${slow.map(({ path }) => path).join(', ')}.`] : []),
  ];
}

/** A file that takes longer belongs at the beginning of the run. */
const SLOW_SECONDS = 15;
