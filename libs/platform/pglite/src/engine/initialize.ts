import { boot } from './boot.js';

/**
 * A program of its own (`node initialize.js <empty directory>`): initdb needs 1 GB for two seconds, and only the end of a process gives all
 * of it back. Ends with its parent.
 *
 * Nobody makes databases here, so the two that serve as templates for that go: they are half of the files, and without the background
 * process that freezes their rows they would end the engine's supply of transaction numbers.
 */
process.on('disconnect', () => process.exit(1));
const db = await boot({ clusterDir: process.argv[2]! });
await db.exec('update pg_database set datistemplate = false');
await db.exec('drop database template1');
await db.exec('drop database template0');
await db.close();
process.exit(0);
