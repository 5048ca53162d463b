import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Options, transformSync } from '@swc/core';
import { repoRoot } from '#platform/testing';
import type { CodeMutant } from './code-mutants.js';

/** The source a mutant is made of; throws when it has moved on and the mutant must follow. */
export function sourceOf({ name, file, find }: CodeMutant): string {
  const source = readFileSync(join(repoRoot(), 'libs/platform', file), 'utf8');
  if (source.split(find).length !== 2) throw new Error(`${name}: its line does not stand exactly once in ${file}`);
  return source;
}

/** A copy of the platform, compiled from source, in which one line can be changed and run as a program of its own. */
export class MutantYard {
  private readonly root = join(repoRoot(), 'node_modules', '.cache', `atoll-mutants-${process.pid}`);
  private readonly options = JSON.parse(readFileSync(join(repoRoot(), '.swcrc'), 'utf8')) as Options;

  constructor() {
    const from = join(repoRoot(), 'libs/platform');
    for (const file of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.ts') && !file.endsWith('.spec.ts')) this.put(file, readFileSync(join(from, file), 'utf8'));
    }
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(repoRoot(), file), join(this.root, file));
  }

  /** What finds the mutant out, or undefined when it passes for the real program. `mutant` left out is the real program. */
  async run(mutant: CodeMutant | undefined, urls: [login: string, admin: string]): Promise<{ by: string; fault: string } | undefined> {
    if (!mutant) return this.probe(urls);
    const source = sourceOf(mutant);
    this.put(mutant.file, source.replace(mutant.find, () => mutant.replace));
    try {
      return await this.probe(urls);
    } finally {
      this.put(mutant.file, source);
    }
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private put(file: string, source: string): void {
    const path = join(this.root, 'dist/libs/platform', file.replace(/\.ts$/, '.js'));
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, transformSync(source, { ...this.options, swcrc: false, filename: file, sourceMaps: false }).code);
  }

  private probe(urls: [string, string]): Promise<{ by: string; fault: string } | undefined> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [join(this.root, 'dist/libs/platform/database/test/wall/probe.main.js'), ...urls],
        { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
      let [out, complaint] = ['', ''];
      child.stdout.on('data', (text: Buffer) => (out += text.toString()));
      child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
      child.on('close', (code, signal) => {
        const said = out.slice(out.lastIndexOf('\n') + 1);
        const finding = said.startsWith('{') ? (JSON.parse(said) as { by?: string; fault: string })
          : { by: 'crash', fault: complaint.trim().split('\n')[0] ?? `${code ?? signal}` };
        resolve(finding.by === undefined ? undefined : { by: finding.by, fault: finding.fault });
      });
    });
  }
}
