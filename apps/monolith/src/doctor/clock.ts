import type { Findings } from './finding.js';

const NOTABLE_MS = 1_000;
const TOO_MUCH_MS = 5_000;

/** Deadlines of calls and leases of jobs are compared across machines: a clock that is off makes live work look dead. */
export function tellClock(found: Findings, whose: string, skewMs: number): void {
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1);
  const says = `the clock of ${whose} is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's`;
  const mend = 'Let both machines follow a time server (chrony, systemd-timesyncd).';
  if (Math.abs(skewMs) >= TOO_MUCH_MS)
    found.fault(says, `${mend} Calls between processes are dropped as too late, and jobs are taken for dead.`);
  else if (Math.abs(skewMs) >= NOTABLE_MS) found.warning(says, mend);
  else found.ok(`clocks agree to ${Math.abs(skewMs)} ms`);
}
