import 'reflect-metadata';
import { launch, refuseToStart } from '../../launch.js';

/** The same contexts as the monolith, without public HTTP: jobs, event handlers and schedules, and health checks for the operator. */
try {
  const { edge, core } = await launch({ publicHttp: false });
  const address = await edge.listen();
  console.log(`Atoll worker is up with ${core.contexts.join(', ')}; health at ${address}/health/ready`);
} catch (error) {
  refuseToStart(error);
}
