import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type FaultName, faults } from './faults.js';
import { fewPods } from './house.js';
import { runProgramme } from './programme.js';
import { summary } from './summary.js';

const USAGE = `usage: npm run chaos -- [--rounds 50] [--seed S] [--round K] [--faults A,B] [--small] [--ready-ms 5000] [--logs FOLDER]
  --seed      the same seed plans the same faults; without it a fresh one is made and told
  --round     runs this one of the planned rounds alone
  --faults    only these: ${Object.keys(faults).join(', ')}
  --small     five processes beside edge and worker's, not one for each context
  --ready-ms  longest that a return to ready may take
  --logs      keeps what each process printed in this folder`;

/** The kill programme: exit code 1 when anything that was promised was not kept. */
const { values } = parseArgs({
  options: { rounds: { type: 'string' }, seed: { type: 'string' }, round: { type: 'string' }, faults: { type: 'string' },
    small: { type: 'boolean' }, 'ready-ms': { type: 'string' }, logs: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const seed = values.seed ?? randomBytes(4).toString('hex');
const report = await runProgramme({
  seed,
  rounds: Number(values.rounds ?? 50),
  only: values.round === undefined ? undefined : Number(values.round),
  kinds: values.faults?.split(',') as FaultName[] | undefined,
  pods: values.small ? fewPods : undefined,
  readyMs: Number(values['ready-ms'] ?? 5_000),
  logs: values.logs,
  say: (line) => console.log(line),
});
console.log(summary(report, seed));
process.exit(report.rounds.some(({ violations }) => violations.length > 0) ? 1 : 0);
