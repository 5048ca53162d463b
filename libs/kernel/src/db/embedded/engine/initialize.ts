import { boot } from './boot.js';

/**
 * A program of its own (`node initialize.js <empty directory>`): initdb needs 1 GB for two seconds, and only the end of a process gives all of
 * it back. Ends with its parent.
 */
process.on('disconnect', () => process.exit(1));
const db = await boot({ clusterDir: process.argv[2]! });
await db.close();
process.exit(0);
