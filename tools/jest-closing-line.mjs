import { writeSync } from 'node:fs';
import { relative } from 'node:path';
import { budgetTable } from './test-budget.mjs';

/**
 * Last words of a test run: the seconds of each context and room beside their budget, the seed of the samples, and, alone on a line,
 * `N passed, N failed`, with `, N skipped` where there are any.
 */
export default class ClosingLine {
  constructor({ rootDir }) {
    this.rootDir = rootDir;
  }

  onRunComplete(_contexts, results) {
    const words = [...this.times(results), ...seedLine(), closingLine(results)];
    // jest's own summary comes after the reporters: only at the exit is this the last line.
    process.once('exit', () => writeSync(1, `\n${words.join('\n')}\n`));
  }

  times({ testResults }) {
    if (testResults.length < 2) return [];
    const files = testResults.map(({ testFilePath, perfStats, testResults: tests }) =>
      ({ path: relative(this.rootDir, testFilePath), seconds: (perfStats.end - perfStats.start) / 1_000, tests: tests.length }));
    return ['Seconds of the specs, beside the budget of each context and room (tools/test-budget.json):', ...budgetTable(files), ''];
  }
}

function seedLine(seed = process.env.ATOLL_SEED) {
  return seed ? [`What was sampled was sampled with ATOLL_SEED=${seed}: set it to repeat this run.`, ''] : [];
}

/** A file that could not even be loaded counts as one failure: its tests are unknown, but they did not pass. */
export function closingLine({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests }) {
  const skipped = numPendingTests + numTodoTests;
  return `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
