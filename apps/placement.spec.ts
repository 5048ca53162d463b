import { placementFaults } from './placement.js';

const graph = { kernel: [], tenancy: ['kernel'], search: ['kernel', 'tenancy'], agent: ['kernel', 'tenancy', 'search'] };

describe('placement', () => {
  it('accepts contexts whose calls stay at home', () => {
    expect(placementFaults(['tenancy', 'search'], graph, false)).toEqual([]);
  });

  it('names every context that is needed and left out, and who needs it', () => {
    expect(placementFaults(['agent'], graph, false).map(({ fault }) => fault)).toEqual([
      'leaves out tenancy, which agent calls. Host it here too, or set REDIS_URL and host it in another process',
      'leaves out search, which agent calls. Host it here too, or set REDIS_URL and host it in another process',
    ]);
  });

  it('needs nothing beside it once other processes can be reached', () => {
    expect(placementFaults(['agent'], graph, true)).toEqual([]);
  });

  it('names a context that does not exist', () => {
    expect(placementFaults(['serach'], graph, false)).toEqual([{ name: 'ATOLL_CONTEXTS', fault: 'names serach, which is no context. Known: tenancy, search, agent' }]);
  });
});
