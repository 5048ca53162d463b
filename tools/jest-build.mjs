import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** jest globalSetup: specs that start real processes run them from dist/, so dist/ must match the sources under test. */
export default function build() {
  execFileSync(process.execPath, [join(import.meta.dirname, 'build.mjs'), '--if-stale'], { stdio: 'inherit' });
}
