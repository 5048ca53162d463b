import 'reflect-metadata';
import { AppError, CoreConfig, createEdge, environment, loadConfig } from '#kernel';
import { Search } from '#search';
import { Tenancy } from '#tenancy';
import { hostedContexts } from '../../placement.js';
import { banner } from './banner.js';
import { ensureDemo } from './demo.js';

try {
  await start();
} catch (error) {
  console.error(error instanceof AppError ? error.message : error);
  process.exit(1);
}

async function start(): Promise<void> {
  const core = loadConfig([CoreConfig], environment(), { checkUnknown: false }).get(CoreConfig) as CoreConfig;
  const edge = await createEdge(await hostedContexts(core.contexts));
  const address = await edge.listen();
  const url = core.publicUrl ?? address;
  const all = core.contexts.includes('all');
  if (core.production || !all) {
    console.log(`Atoll is up at ${url} with ${core.contexts.join(', ')}`);
    return;
  }
  console.log(banner(await ensureDemo(edge.app.get(Tenancy), edge.app.get(Search), core.dataDir, url), core));
}
