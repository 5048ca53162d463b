import { placementFaults } from './placement.js';

const graph = { kernel: [], tenancy: ['kernel'], search: ['kernel', 'tenancy'], agent: ['kernel', 'tenancy', 'search'] };

describe('placement', () => {
  it('accepts contexts whose calls stay at home', () => {
    expect(placementFaults(['tenancy', 'search'], graph)).toEqual([]);
  });

  it('names every context that is needed and left out, and who needs it', () => {
    expect(placementFaults(['agent'], graph).map(({ fault }) => fault)).toEqual([
      'leaves out tenancy, which agent calls here. Add it',
      'leaves out search, which agent calls here. Add it',
    ]);
  });

  it('names a context that does not exist', () => {
    expect(placementFaults(['serach'], graph)).toEqual([{ name: 'ATOLL_CONTEXTS', fault: 'names serach, which is no context. Known: tenancy, search, agent' }]);
  });
});
