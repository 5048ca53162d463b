import { examineBlobs } from './blobs.js';
import { examineDatabases } from './databases.js';
import type { Finding } from './finding.js';
import { examineMachine } from './machine.js';
import { admit } from './patient.js';
import { examinePeople } from './people.js';
import { examineReach } from './reach.js';
import { examineRedis } from './redis.js';

export interface Examination {
  findings: Finding[];
  /** What `npm run atoll -- doctor` prints. */
  report: string;
  /** 1 with a fault, 0 with warnings at most. */
  exitCode: 0 | 1;
}

/** Looks at everything this environment's process needs, changes nothing, and says of each fault how to mend it. */
export async function examine(env: NodeJS.ProcessEnv): Promise<Examination> {
  const { patient, findings: settings } = await admit(env);
  const found = await Promise.all([examineBlobs(patient), examineDatabases(patient), examineRedis(patient), examineReach(patient)]);
  const findings = [...settings, ...examineMachine(patient), ...examinePeople(patient), ...found.flat()];
  return { findings, report: written(findings), exitCode: findings.some(({ level }) => level === 'fault') ? 1 : 0 };
}

const SIGN = { ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' };

function written(findings: Finding[]): string {
  const width = Math.max(...findings.map(({ area }) => area.length));
  const lines = findings.map(({ level, area, says, mend }) => {
    const indent = ' '.repeat(2 + SIGN.ok.length + 2 + width + 2);
    const told = says.split('\n').join(`\n${indent}`);
    return `  ${SIGN[level]}  ${area.padEnd(width)}  ${told}${mend ? `\n${indent}-> ${mend}` : ''}`;
  });
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length;
  const [faults, warnings] = [count('fault'), count('warning')];
  return `${lines.join('\n')}\n\n${faults === 0 ? 'Fit to run' : `${faults} fault${faults > 1 ? 's' : ''} to mend`}${warnings > 0
    ? `, ${warnings} warning${warnings > 1 ? 's' : ''}` : ''}.`;
}
