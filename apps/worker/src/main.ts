import 'reflect-metadata';
import { AppError, CoreConfig, createEdge, environment, loadConfig } from '#kernel';
import { hostedContexts } from '../../placement.js';

/** The same contexts as the monolith, without public HTTP: jobs, event handlers and schedules, and health checks for the operator. */
try {
  const core = loadConfig([CoreConfig], environment(), { checkUnknown: false }).get(CoreConfig) as CoreConfig;
  const edge = await createEdge(await hostedContexts(core.contexts), { publicHttp: false });
  console.log(`Atoll worker is up with ${core.contexts.join(', ')}; health at ${await edge.listen()}/health/ready`);
} catch (error) {
  console.error(error instanceof AppError ? error.message : error);
  process.exit(1);
}
