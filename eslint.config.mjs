import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const throughDoors = { regex: '(^|/)libs/', message: 'Libraries are imported by their door: #search.' };
const withEnding = { regex: '^\\.{1,2}/.*(?<!\\.js|\\.json|\\.mjs)$', message: 'Relative imports end in .js.' };

/**
 * What a compiler does not see and a reader should not have to: forgotten awaits, unused names, files and constructors that grew too
 * large. Who may import what is tools/boundaries' business; the rules here repeat only its commonest ones, for the editor.
 */
export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.atoll/', 'docs/', 'apps/web/dist/']),
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-for-in-array': 'error',
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-asserted-optional-chain': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true }],
      '@typescript-eslint/max-params': ['error', { max: 6 }],
      '@typescript-eslint/no-unused-expressions': 'error',
      'max-lines': ['error', { max: 300 }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-debugger': 'error',
      'no-else-return': 'error',
      'no-var': 'error',
      'object-shorthand': ['error', 'properties'],
      'prefer-const': ['error', { destructuring: 'all' }],
      'no-restricted-imports': ['error', { patterns: [throughDoors, withEnding] }],
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Settings come from a config class (@Env).' }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
    },
  },
  {
    files: ['tools/**', 'bench/**', 'libs/platform/testing/**', '**/test/**', '**/*.{spec,fixture,suite}.ts', 'libs/platform/core/src/config/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['tools/**', 'bench/**', 'apps/**', 'libs/platform/testing/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['bench/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [withEnding] }] },
  },
  {
    files: ['**/*.spec.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
);
