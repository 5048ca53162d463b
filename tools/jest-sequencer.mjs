import { relative } from 'node:path';
import sequencers from '@jest/test-sequencer';
import { testBudget } from './test-budget.mjs';

const Sequencer = sequencers.default ?? sequencers;

/** Begins with the files that are known to be long; the rest as jest does: by their last time, in a fresh clone by their size. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return longestFirst(super.sort(tests), ({ path, context }) => relative(context.config.rootDir, path));
  }
}

export function longestFirst(tests, pathOf, first = testBudget.first) {
  const place = (test) => {
    const at = first.indexOf(pathOf(test));
    return at < 0 ? first.length : at;
  };
  return tests.toSorted((a, b) => place(a) - place(b));
}
