import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { round } from './stats.js';

/**
 * `npm run bench -- <name> [--json] [--split]`: runs `bench/<name>.ts`; without a name it lists them. Exit code 1 when a goal is missed.
 */
const args = process.argv.slice(2);
const json = args.includes('--json');
const name = args.find((arg) => !arg.startsWith('--'));

const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.js') && !['run.js', 'result.js', 'stats.js'].includes(file) && !file.includes('.main.'))
  .map((file) => file.slice(0, -3));

if (!name || !known.includes(name)) {
  console.error(`usage: npm run bench -- <name> [--json] [--split]\nbenches: ${known.join(', ')}`);
  process.exit(2);
}

const { bench } = (await import(join(import.meta.dirname, `${name}.js`))) as { bench: (options: BenchOptions) => Promise<BenchResult> };
const result = await bench({ json, split: args.includes('--split') });
console.log(json ? JSON.stringify(result, null, 2) : table(result));
process.exit(result.met ? 0 : 1);

function table({ name: title, goal, rows, met, note }: BenchResult): string {
  const columns: (keyof BenchRow)[] = ['label', 'n', 'perSecond', 'p50', 'p99', 'cpuMicros', 'ratio', 'score', 'megabytes'];
  const used = columns.filter((column) => rows.some((row) => row[column] !== undefined));
  const cells = [used as string[], ...rows.map((row) => used.map((column) => show(row[column])))];
  const widths = used.map((_, at) => Math.max(...cells.map((line) => line[at]!.length)));
  const lines = cells.map((line) => line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '));
  return [`bench ${title}`, `goal: ${goal}`, '', ...lines, '', met ? 'met' : 'MISSED', note].join('\n');
}

function show(value: string | number | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'number' ? String(round(value)) : value;
}
