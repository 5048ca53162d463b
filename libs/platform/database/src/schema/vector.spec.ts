import { engines, testDatabase, withClient } from '#platform/testing';
import { readVector, vectorParam } from './vector.js';

describe('vectors', () => {
  const vector = Float32Array.from([0, -1.5, 3.25e-5, 42]);

  it('come back from bytes as they were', () => {
    expect(readVector(vectorParam(vector))).toEqual(vector);
  });

  it.each(engines)('come back from %s as they were, through bytea and, where it is there, through vector', async (engine) => {
    const test = await testDatabase({ engine, owners: [] });
    await withClient(test.admin, async (client) => {
      const { rows } = await client.query<{ there: boolean }>(`select exists (select 1 from pg_type where typname = 'vector') as there`);
      for (const type of ['bytea', ...(rows[0]!.there ? ['vector'] : [])]) {
        const answer = await client.query<{ v: string | Buffer }>(`select $1::${type} as v`, [vectorParam(vector)]);
        expect(readVector(answer.rows[0]!.v)).toEqual(vector);
      }
    });
    await test.close();
  });
});
