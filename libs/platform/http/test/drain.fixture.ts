import 'reflect-metadata';
import { edgeFixture } from './edge.fixture.js';
import { StreamController } from './sse.fixture.js';

/** A process of its own, for signals. */
const { edge } = await edgeFixture({ controllers: [StreamController],
  core: { environment: 'development', drainSeconds: 3, logLevel: 'info' } });
process.send!({ url: await edge.listen() });
