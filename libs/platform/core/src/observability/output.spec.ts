import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bufferedOutput } from './output.js';

describe('output', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-output-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('leaves in blocks, and within 100 ms when it is less', async () => {
    const file = join(folder, 'lines');
    const output = bufferedOutput(openSync(file, 'a'));
    output.write('first\n');
    expect(readFileSync(file, 'utf8')).toBe('');
    await sleep(300);
    expect(readFileSync(file, 'utf8')).toBe('first\n');
    output.write('last\n');
    output.flushSync();
    expect(readFileSync(file, 'utf8')).toBe('first\nlast\n');
    output.destroy();
  });

  it('keeps some megabytes for a reader who stands still, and tells how many lines it dropped', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const descriptor = openSync(pipe, constants.O_RDWR);
    const output = bufferedOutput(descriptor);
    const line = `${'x'.repeat(999)}\n`;
    for (let at = 0; at < 12_000; at++) output.write(line);
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    for await (const chunk of reader.stdout) {
      text += String(chunk);
      if (text.includes('lines were dropped')) break;
    }
    reader.kill();
    const kept = text.match(/^x{999}$/gm)!.length;
    expect(kept).toBeGreaterThan(8_000);
    expect(Number(/(\d+) lines were dropped/.exec(text)![1])).toBe(12_000 - kept);
    output.destroy();
    closeSync(descriptor);
  }, 30_000);
});
