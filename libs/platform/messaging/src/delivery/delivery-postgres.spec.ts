import { onPostgres } from '../../test/engines.js';
import { deliveryConformance } from '../../test/index.js';

describe('delivery over Postgres', () => deliveryConformance(onPostgres, true));
