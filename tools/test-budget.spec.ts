import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

interface Budget {
  seconds: Record<string, number>;
  first: string[];
}

interface Tools {
  testBudget: Budget;
  folderOf(path: string): string | undefined;
  budgetTable(files: { path: string; seconds: number; tests: number }[], budget: Budget): string[];
  longestFirst(tests: string[], pathOf: (test: string) => string, first: string[]): string[];
}

const [budgets, sequencer] = await Promise.all(
  ['test-budget.mjs', 'jest-sequencer.mjs'].map((file) => import(join(import.meta.dirname, file))));
const { testBudget, folderOf, budgetTable, longestFirst } = { ...budgets, ...sequencer } as Tools;
const root = join(import.meta.dirname, '..');
const specs = ['apps', 'libs', 'tools', 'bench'].flatMap((top) => readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.spec.ts'))
  .map((path) => relative(root, join(root, top, path))));

describe('the budget of the specs', () => {
  const budget = { seconds: { 'libs/platform/http': 10, 'libs/search': 10 }, first: ['libs/search/long.spec.ts'] };

  it('sums up files by folder, longest first, and marks who is over', () => {
    const table = budgetTable([
      { path: 'libs/search/a.spec.ts', seconds: 3, tests: 4 },
      { path: 'libs/platform/http/a.spec.ts', seconds: 6.5, tests: 1 },
      { path: 'libs/platform/http/b.spec.ts', seconds: 6, tests: 2 },
    ], budget);
    expect(table.map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
      'OVER libs/platform/http 12.5 s of 10 2 files 3 tests',
      'libs/search 3.0 s of 10 1 files 4 tests',
      'OVER BUDGET: libs/platform/http by 3 s.',
    ]);
  });

  it('marks what has no budget, and names a long file that the run does not begin with', () => {
    const table = budgetTable([{ path: 'libs/new/a.spec.ts', seconds: 40, tests: 1 },
      { path: 'libs/search/long.spec.ts', seconds: 40, tests: 1 }], budget);
    expect(table.filter((line) => line.startsWith('  OVER '))).toHaveLength(3);
    expect(table.at(-1)).toContain('libs/new/a.spec.ts');
    expect(table.at(-1)).not.toContain('long.spec.ts');
  });

  it('has a line for every spec of the house, and names only files that exist', () => {
    expect(specs.filter((path) => folderOf(path) === undefined)).toEqual([]);
    expect(testBudget.first.filter((path) => !specs.includes(path))).toEqual([]);
  });

  it('lets a run begin with the long ones, in their order', () => {
    expect(longestFirst(['c', 'b', 'x', 'a'], (name) => name, ['a', 'b'])).toEqual(['a', 'b', 'c', 'x']);
  });
});
