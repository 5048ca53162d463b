import { codeMutants } from './wall/code-mutants.js';
import { depot, shop } from './wall/fixture.js';
import { MutantYard, sourceOf } from './wall/mutate.js';
import { proof, testDatabase, type TestDatabase } from '#platform/testing';
import { report } from './wall/report.js';

const SHORT = ['a statement without a tenant is sent', 'the callback of a checkout runs in any flow'];

describe('the wall with one line taken out', () => {
  let test: TestDatabase;
  let yard: MutantYard;
  const table: { mutant: string; found: string; fault: string }[] = [];

  beforeAll(async () => {
    test = await testDatabase({ engine: 'postgres', owners: [shop, depot] });
    yard = new MutantYard();
  });

  afterAll(async () => {
    yard.close();
    await test.close();
    report(table);
  });

  it.each(codeMutants)('has a line for: $name', (mutant) => {
    expect(() => sourceOf(mutant)).not.toThrow();
  });

  // The short form knows it from the proofs themselves, which run beside this.
  if (proof(false, true)) {
    it('passes when nothing is taken out', async () => {
      expect(await yard.run(undefined, [test.url!, test.adminUrl!])).toBeUndefined();
    }, 120_000);
  }

  it.each(proof(codeMutants.filter(({ name }) => SHORT.includes(name)), codeMutants))('is found out: $name', async (mutant) => {
    const found = await yard.run(mutant, [test.url!, test.adminUrl!]);
    table.push({ mutant: mutant.name, found: found?.by ?? '-', fault: found?.fault.slice(0, 90) ?? '' });
    expect(found).toBeDefined();
  }, 120_000);
});
