import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { proofFiles } from './tools/jest-proofs.mjs';

/** Native ESM under jest: `swcrc: false` keeps the build's own .swcrc out of the tests. */
const swc = {
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2024',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
};

/** package.json#imports, read from the sources: `#search` -> libs/search/src/index.ts. */
const { imports } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
const doors = Object.fromEntries(Object.entries(imports).map(([door, { types }]) => [`^${door}$`, `<rootDir>/${types.slice(2)}`]));

const proving = Boolean(process.env.ATOLL_PROVE);

/** Of the samples that proofs take in their short form; another one each run, told at its end. */
process.env.ATOLL_SEED ||= String(Math.floor(Math.random() * 2 ** 31));

export default {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools', '<rootDir>/bench'],
  ...(proving ? { testMatch: proofFiles(import.meta.dirname) } : { testRegex: '\\.spec\\.ts$' }),
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  moduleNameMapper: {
    ...doors,
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  globalSetup: '<rootDir>/tools/jest-build.mjs',
  reporters: ['default', '<rootDir>/tools/jest-closing-line.mjs'],
  testTimeout: proving ? 3_600_000 : 60_000,
  testSequencer: '<rootDir>/tools/jest-sequencer.mjs',
  // Specs start databases and processes of their own and wait for them: two workers keep two cores busy, and of more cores half are left to those.
  maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
  // Each file leaves 20-30 MB of modules behind; a worker past this is replaced between two files.
  workerIdleMemoryLimit: '700MB',
};
