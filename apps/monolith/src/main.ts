import 'reflect-metadata';
import { Search } from '#search';
import { Tenancy } from '#tenancy';
import { launch, refuseToStart } from '../../launch.js';
import { banner } from './banner.js';
import { ensureDemo } from './demo.js';

try {
  const { edge, core, elsewhere } = await launch({ publicHttp: true });
  const address = await edge.listen();
  const url = core.publicUrl ?? address;
  if (core.production || !core.contexts.includes('all')) {
    console.log([`Atoll is up at ${url} with ${core.contexts.join(', ')}`, ...elsewhere].join('\n'));
  } else {
    console.log(banner(await ensureDemo(edge.app.get(Tenancy), edge.app.get(Search), core.dataDir, url), core));
  }
} catch (error) {
  refuseToStart(error);
}
