import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { seedDataDir } from '#platform/testing';
import { query, readError, dataRowsOf } from '../wire.js';
import { boot } from './boot.js';
import { executor } from './executor.js';
import { Maintenance } from './maintenance.js';

describe('maintenance', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-maintenance-'));
  let db: PGlite;
  let run: (bytes: Buffer) => Buffer;
  const sql = (text: string): string[][] => {
    const reply = run(query(text));
    expect(readError(reply)).toBeUndefined();
    return dataRowsOf(reply);
  };
  beforeAll(async () => {
    await seedDataDir(folder);
    db = await boot({ clusterDir: join(folder, 'cluster') });
    run = await executor(db, (why) => {
      throw new Error(why);
    });
  });
  afterAll(async () => {
    await db.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const walFiles = (): number => readdirSync(join(folder, 'cluster', 'pg_wal')).filter((name) => /^[0-9A-F]{24}$/.test(name)).length;

  it('keeps the log from growing with what is written', () => {
    const maintenance = new Maintenance(run, 0);
    sql('create table filler (text text)');
    for (let round = 0; round < 10; round++) {
      sql(`insert into filler select repeat('x', 1000) from generate_series(1, 30000)`);
      sql('truncate filler');
      maintenance.step(round);
    }
    // 350 MB were written, in files of 4 MB.
    expect(walFiles()).toBeLessThan(40);
  });

  it('writes a checkpoint some minutes after the last change, and none when nothing changed', () => {
    const redo = (): string => sql('select redo_lsn from pg_control_checkpoint()')[0]![0]!;
    const maintenance = new Maintenance(run, 0);
    sql('create table small (n int)');
    const before = redo();
    maintenance.step(60_000 * 4);
    expect(redo()).toBe(before);
    maintenance.step(60_000 * 6);
    const after = redo();
    expect(after).not.toBe(before);
    maintenance.step(60_000 * 20);
    expect(redo()).toBe(after);
  });

  it('cleans the neediest table first and lets the planner know its rows', () => {
    sql('create table worn (n int primary key); insert into worn select generate_series(1, 5000); delete from worn where n > 100');
    sql('create table "Odd Name" (n int); insert into "Odd Name" select generate_series(1, 500)');
    // Counts become visible a second later otherwise.
    sql('select pg_stat_force_next_flush()');
    const maintenance = new Maintenance(run, 0);
    run(query('checkpoint'));
    for (let minute = 6; minute < 16; minute++) maintenance.step(60_000 * minute);
    const [[dead, guess]] = sql(`select n_dead_tup, (select reltuples from pg_class where oid = relid) from pg_stat_user_tables where ` +
      `relname = 'worn'`) as [[string, string]];
    expect([Number(dead), Number(guess)]).toEqual([0, 100]);
    expect(sql(`select reltuples from pg_class where relname = 'Odd Name'`)).toEqual([['500']]);
  });
});
