import { Console } from 'node:console';
import { proof } from '#platform/testing';

/** In the long form a proof shows what it found out, past jest's own frame around console output. */
export function report(rows: object | object[]): void {
  if (proof(false, true)) new Console(process.stdout).table(rows);
}
