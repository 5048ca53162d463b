import { onEmbedded, onPostgres } from './conformance/engines.js';
import { eventsConformance } from './conformance/events.suite.js';

describe.each([['embedded', onEmbedded], ['postgres', onPostgres]])('events over %s', (_engine, makeHarness) => eventsConformance(makeHarness));
