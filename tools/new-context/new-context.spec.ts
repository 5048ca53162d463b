import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { proof } from '#platform/testing';
import { kubernetesPages } from '../deploy/kubernetes.js';
import { told, violations } from '../boundaries/boundaries.js';
import { readTree } from '../boundaries/tree.js';
import { factsOf } from '../docs/facts.js';
import { unnamed } from '../docs/readme.js';
import { nameFault, newContext } from './new-context.js';

const root = join(import.meta.dirname, '..', '..');

describe('npm run new:context', () => {
  const copy = mkdtempSync(join(tmpdir(), 'atoll-new-context-'));
  const engine = proof('embedded', 'embedded,postgres');
  const run = (...args: string[]) =>
    spawnSync(process.execPath, args,
      { cwd: copy, encoding: 'utf8', env: { ...process.env, ATOLL_PROVE: '', ATOLL_TEST_ENGINES: engine } });
  let before: string[];

  beforeAll(() => {
    for (const path of ['apps', 'libs', 'tools', 'bench', 'deploy', 'package.json', 'package-lock.json', 'tsconfig.json', 'jest.config.mjs',
      '.swcrc', 'docker-compose.yml', 'Dockerfile', '.dockerignore']) {
      if (existsSync(join(root, path))) cpSync(join(root, path), join(copy, path), { recursive: true });
    }
    for (const name of ['node_modules', 'dist']) symlinkSync(join(root, name), join(copy, name));
    // What it starts is not what is new in it: the compiled code of here will do.
    writeFileSync(join(copy, 'tools/jest-build.mjs'), 'export default () => {};\n');
    before = violations(readTree(copy)).map(told);
    newContext(copy, 'reminders');
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  it('adds no violation of the boundaries, and names in its README what it owns', () => {
    const tree = readTree(copy);
    expect(tree.libraries).toContain('reminders');
    expect(violations(tree).map(told)).toEqual(before);
    expect(unnamed(tree, factsOf(tree)).filter((fault) => fault.includes('reminders'))).toEqual([]);
    expect(readFileSync(join(copy, 'apps/contexts.ts'), 'utf8'))
      .toContain("{ contract: remindersContract, load: () => import('#reminders/module') },\n];");
  });

  it('type-checks', () => {
    const { stdout } = run('node_modules/typescript-7/bin/tsc', '--noEmit', '--incremental', 'false', '-p', 'tsconfig.json');
    expect(stdout.split('\n').filter((line) => /reminders|apps\/contexts/.test(line))).toEqual([]);
  });

  it('passes its own spec', () => {
    const { status, stderr } = run('--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', 'libs/reminders');
    if (status !== 0) throw new Error(stderr);
    expect(stderr).toContain(`${3 * engine.split(',').length} passed`);
  }, 120_000);

  (proof(false, true) ? it : it.skip)('has a place in every deployment', () => {
    const tree = readTree(copy);
    for (const [path, text] of Object.entries(kubernetesPages(tree, factsOf(tree)))) writeFileSync(join(copy, path), text);
    const { status, stderr } = run('--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', 'tools/deploy',
      '-t', 'docker-compose|overlay|observed|Helm');
    if (status !== 0) throw new Error(stderr);
  }, 120_000);

  it.each([['', 'letters'], ['Re-minders', 'letters'], ['kernel', 'taken'], ['reminders', 'exists']])(
    'refuses the name "%s"', (name, why) => {
    expect(nameFault(copy, name)).toContain(why);
  });
});
