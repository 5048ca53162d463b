import { onRedis } from './engines.js';
import { deliveryConformance } from './index.js';

describe('delivery over Postgres and Redis', () => deliveryConformance(onRedis, true));
