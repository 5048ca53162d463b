import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { AppError, flushLog, logger, runAs } from '#platform/core';
import { Readiness } from '#platform/http';
import { Search } from '#search';
import { Tenancy } from '#tenancy';
import { launch, type Launched, refuseToStart } from '../../launch.js';
import { banner } from './banner.js';
import { type Demo, openDemo } from './demo.js';
import { Documentation } from './documentation.js';

const log = logger('monolith');

/** `npm start -- --empty`: without the documentation as samples, now and from now on. */
const OPTIONS = { empty: { type: 'boolean', default: false } } as const;

try {
  const { values } = parseArgs({ options: OPTIONS });
  const launched = await launch({ publicHttp: true });
  if (launched.core.production || !launched.core.contexts.includes('all')) await serve(launched);
  else await serveDemo(launched, values.empty);
} catch (error) {
  refuseToStart(error);
}

async function serve({ edge, core, elsewhere }: Launched): Promise<void> {
  const address = await edge.listen();
  flushLog();
  console.log([`Atoll is up at ${core.publicUrl ?? address} with ${core.contexts.join(', ')}`, ...elsewhere].join('\n'));
}

/** Ready once the demo's owner can sign in; the documentation is indexed meanwhile, and the banner comes when it is there. */
async function serveDemo({ edge, core }: Launched, empty: boolean): Promise<void> {
  const documentation = new Documentation(core.dataDir, ({ indexed, pages }) => {
    if (process.stdout.isTTY) process.stdout.write(`\r  ${indexed} of ${pages} pages`);
  });
  let demo: Demo | undefined;
  edge.app.get(Readiness, { strict: false }).add('demo', async () => {
    if (!demo) throw new AppError('unavailable', 'monolith.no-demo-yet', 'the demo tenant is being made');
    return documentation.state;
  });
  const address = await edge.listen();
  const url = core.publicUrl ?? address;
  try {
    demo = await openDemo(edge.app.get(Tenancy), core.dataDir, url);
    console.log(`Atoll is up at ${url}.${empty ? '' : ' It reads its own documentation now, to answer questions about it.'}`);
    const search = edge.app.get(Search);
    await runAs(demo.owner, () => (empty ? documentation.leave(search) : documentation.index(search, edge.leaving)))
      .catch((error: unknown) => {
        if (!edge.leaving.aborted) log.error({ error }, 'the documentation could not be indexed; everything else works');
      });
    if (edge.leaving.aborted) return;
    flushLog();
    console.log(banner(demo.credentials, core));
  } catch (error) {
    if (!edge.leaving.aborted) throw error;
  }
}
