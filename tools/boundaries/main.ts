import { told, unseen, violations } from './boundaries.js';
import { readTree } from './tree.js';

const tree = readTree(process.argv[2] ?? process.cwd());
const found = violations(tree);
for (const one of found) console.error(told(one));
const missing = unseen(tree);
if (missing.length > 0 || tree.sources.length === 0) {
  console.error(`Boundaries: ${tree.sources.length} files read, none in ${missing.join(', ') || 'the tree'}. A check that sees nothing ` +
    `proves nothing.`);
  process.exitCode = 1;
} else if (found.length > 0) {
  console.error(`Boundaries: ${found.length} violations in ${tree.sources.length} files.`);
  process.exitCode = 1;
} else {
  console.log(`Boundaries: ${tree.sources.length} files of ${tree.libraries.length} libraries, no violation.`);
}
