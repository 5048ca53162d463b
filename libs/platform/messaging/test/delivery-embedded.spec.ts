import { onEmbedded } from './engines.js';
import { deliveryConformance } from './index.js';

describe('delivery over the embedded database', () => deliveryConformance(onEmbedded, false));
