import { writeSync } from 'node:fs';

/** Last words of a test run, alone on a line: `N passed, N failed`, with `, N skipped` where there are any. */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    // jest's own summary comes after the reporters: only at the exit is this the last line.
    process.once('exit', () => writeSync(1, `\n${closingLine(results)}\n`));
  }
}

/** A file that could not even be loaded counts as one failure: its tests are unknown, but they did not pass. */
export function closingLine({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests }) {
  const skipped = numPendingTests + numTodoTests;
  return `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
