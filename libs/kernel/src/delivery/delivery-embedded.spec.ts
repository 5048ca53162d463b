import { onEmbedded } from './conformance/engines.js';
import { deliveryConformance } from './conformance/index.js';

describe('delivery over the embedded database', () => deliveryConformance(onEmbedded, false));
