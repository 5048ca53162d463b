import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repoRoot } from '#platform/testing';
import { DataDir } from './data-dir.js';

describe('the data directory', () => {
  let folder: string;
  const children: ChildProcess[] = [];
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'atoll-data-dir-'))));
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function holder(): Promise<ChildProcess> {
    const code = `import { DataDir } from ${JSON.stringify(join(repoRoot(), 'dist/libs/platform/pglite/src/data-dir.js'))};
      DataDir.claim(${JSON.stringify(folder)}); console.log('claimed'); setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  }

  it('belongs to one process, which is named to the next', async () => {
    const child = await holder();
    expect(() => DataDir.claim(folder))
      .toThrow(expect.objectContaining({ reason: 'kernel.data-dir-in-use', message: expect.stringContaining(`process ${child.pid} `) }));
  });

  it('is free at once after kill -9 of its holder', async () => {
    const child = await holder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const claimed = DataDir.claim(folder);
    claimed.release();
  });

  it('refuses a second claim in the same process, and frees on release', () => {
    const one = DataDir.claim(folder);
    expect(() => DataDir.claim(folder)).toThrow(`process ${process.pid} `);
    one.release();
    DataDir.claim(folder).release();
  });

  it('goes to exactly one of many who ask at the same moment', () => {
    const won = Array.from({ length: 20 }, () => {
      try {
        return DataDir.claim(folder);
      } catch {
        return undefined;
      }
    }).filter((one) => one !== undefined);
    expect(won).toHaveLength(1);
    won[0]!.release();
  });

  it('is not opened by another major version, and stays as it is', () => {
    mkdirSync(join(folder, 'cluster'));
    writeFileSync(join(folder, 'cluster', 'PG_VERSION'), '17\n');
    expect(() => DataDir.claim(folder)).toThrow(expect.objectContaining({ reason: 'kernel.data-dir-version',
      message: expect.stringMatching(/Postgres 17.*embeds Postgres 18.*ATOLL_DATA_DIR/s) }));
    expect(() => DataDir.claim(folder)).toThrow('Postgres 17');
    expect(existsSync(join(folder, 'cluster', 'PG_VERSION'))).toBe(true);
  });

  it('shows no half-made cluster, and clears away what a killed first start left', async () => {
    const dataDir = DataDir.claim(folder);
    await expect(dataDir.create(async (fresh) => {
      writeFileSync(join(fresh, 'PG_VERSION'), '18\n');
      throw new Error('killed');
    })).rejects.toThrow('killed');
    expect(dataDir.isNew).toBe(true);
    await dataDir.create(async (fresh) => writeFileSync(join(fresh, 'PG_VERSION'), '18\n'));
    expect(dataDir.isNew).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('fresh-'))).toEqual([]);
    dataDir.release();
  });

  it('refuses a cluster that was copied in from elsewhere only for its version', () => {
    mkdirSync(join(folder, 'from'));
    writeFileSync(join(folder, 'from', 'PG_VERSION'), '18\n');
    cpSync(join(folder, 'from'), join(folder, 'cluster'), { recursive: true });
    const claimed = DataDir.claim(folder);
    expect(claimed.isNew).toBe(false);
    claimed.release();
  });
});
