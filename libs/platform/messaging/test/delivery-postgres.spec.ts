import { onPostgres } from './engines.js';
import { deliveryConformance } from './index.js';

describe('delivery over Postgres', () => deliveryConformance(onPostgres, false));
