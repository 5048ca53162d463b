import { onPostgres } from './conformance/engines.js';
import { deliveryConformance } from './conformance/index.js';

describe('delivery over Postgres', () => deliveryConformance(onPostgres, true));
