import { bootProofs } from './wall/boot-proofs.js';
import { connectionProofs } from './wall/connection-proofs.js';
import { engines } from '#platform/testing';
import { flowProofs } from './wall/flow-proofs.js';
import { groundOf, inTime, type ProofGround } from './wall/proof-kit.js';
import { type OpenFixture, openWalled } from './wall/fixture.js';
import { unitProofs } from './wall/unit-proofs.js';

describe.each(engines)('the wall on %s', (engine) => {
  let open: OpenFixture;
  let ground: ProofGround;

  beforeAll(async () => {
    open = await openWalled(engine);
    ground = groundOf(open.database, open.test.admin);
  });

  afterAll(async () => {
    await open.close();
  });

  const proofs = [...flowProofs, ...unitProofs, ...connectionProofs,
    ...bootProofs].filter((proof) => engine === 'postgres' || !proof.server);

  it.each(proofs)('$name', async (proof) => {
    expect(await inTime(proof, ground, 30_000)).toEqual([]);
  });
});
