import pg from 'pg';
import { EmbeddedPostgres } from '../src/embedded-postgres.js';

/**
 * The victim of the durability proof: inserts numbers from argv[3] on with five connections, some in transactions of three, and prints each
 * one whose commit was acknowledged. Runs until it is killed.
 */
const database = await EmbeddedPostgres.start({ dataDir: process.argv[2]! });
const pool = new pg.Pool({ stream: () => database.stream(), user: 'postgres', database: 'postgres', max: 5 });
await pool.query('create table if not exists acked (n int primary key, filler text)');
let next = Number(process.argv[3]);

await Promise.all(Array.from({ length: 5 }, async (_, worker) => {
  for (;;) {
    const numbers = worker < 2 ? [next++, next++, next++] : [next++];
    const client = await pool.connect();
    if (numbers.length > 1) await client.query('begin');
    for (const n of numbers) await client.query('insert into acked values ($1, repeat($2, 200))', [n, String(n % 10)]);
    if (numbers.length > 1) await client.query('commit');
    client.release();
    process.stdout.write(`${numbers.join('\n')}\n`);
  }
}));
