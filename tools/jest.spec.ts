import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

describe('the closing line of a test run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-jest-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (specs: Record<string, string>) => {
    const config = { rootDir: folder, roots: [folder], testRegex: '\\.spec\\.js$', transform: {},
      reporters: ['default', join(root, 'tools/jest-closing-line.mjs')] };
    writeFileSync(join(folder, 'jest.config.json'), JSON.stringify(config));
    const files = Object.entries(specs).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    });
    const { stdout, status } = spawnSync(process.execPath,
      [join(root, 'node_modules/jest/bin/jest.js'), '-i', '--config', join(folder, 'jest.config.json'), ...files], { encoding: 'utf8' });
    return { last: stdout.trimEnd().split('\n').at(-1), status };
  };

  it('counts what passed, and exits 0', () => {
    expect(run({ 'good.spec.js': 'test("a", () => {}); test("b", () => {});' })).toEqual({ last: '2 passed, 0 failed', status: 0 });
  });

  it('counts what failed, what was skipped, and files that did not load, and exits otherwise', () => {
    const specs = {
      'bad.spec.js': 'test("a", () => { throw new Error("no"); }); test.skip("b", () => {}); test.todo("c");',
      'broken.spec.js': 'this is not code',
    };
    expect(run(specs)).toEqual({ last: '0 passed, 2 failed, 2 skipped', status: 1 });
  });
});
