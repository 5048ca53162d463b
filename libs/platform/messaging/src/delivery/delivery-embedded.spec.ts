import { onEmbedded } from '../../test/engines.js';
import { deliveryConformance } from '../../test/index.js';

describe('delivery over the embedded database', () => deliveryConformance(onEmbedded, false));
