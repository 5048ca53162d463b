import { execFileSync } from 'node:child_process';
import { nameFault, newContext } from './new-context.js';

const root = process.cwd();
const name = process.argv[2] ?? '';
const fault = nameFault(root, name);
if (fault) {
  console.error(`usage: npm run new:context -- <name>\n${fault}.`);
  process.exit(2);
}

const paths = newContext(root, name);
// In new processes: this one has read package.json#imports already.
for (const tool of [['tools/build.mjs'], ['dist/tools/docs/main.js']])
  execFileSync(process.execPath, tool, { cwd: root, stdio: 'inherit' });
console.log(`${paths.map((path) => `  ${path}`).join('\n')}

The context ${name} works as it stands. Try it:
  npm run check && npm test -- libs/${name}
Then say in libs/${name}/README.md and src/contract.ts what it is for, and in tools/contexts.json what else it may call.`);
