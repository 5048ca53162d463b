/**
 * Another machine's clock against this process's, in milliseconds; positive when the other is ahead. `read` asks it for its time; of three
 * answers the one that came back fastest tells best what it showed.
 */
export async function clockSkew(read: () => Promise<number>): Promise<number> {
  let best = { took: Infinity, skew: 0 };
  for (let round = 0; round < 3; round++) {
    const asked = Date.now();
    const time = await read();
    const took = Date.now() - asked;
    if (took < best.took) best = { took, skew: time - asked - took / 2 };
  }
  return Math.round(best.skew);
}
