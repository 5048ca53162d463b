import { engines } from '#kernel/testing';
import { connectionProofs } from '../../testing/wall/connection-proofs.js';
import { type OpenFixture, openWalled } from '../../testing/wall/fixture.js';
import { flowProofs } from '../../testing/wall/flow-proofs.js';
import { type ProofGround, groundOf, inTime } from '../../testing/wall/proof-kit.js';
import { bootProofs } from '../../testing/wall/boot-proofs.js';
import { unitProofs } from '../../testing/wall/unit-proofs.js';

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

  const proofs = [...flowProofs, ...unitProofs, ...connectionProofs, ...bootProofs].filter((proof) => engine === 'postgres' || !proof.server);

  it.each(proofs)('$name', async (proof) => {
    expect(await inTime(proof, ground, 30_000)).toEqual([]);
  });
});
