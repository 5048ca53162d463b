import type { Tree } from '../boundaries/tree.js';
import { configurationPage } from './configuration.js';
import { kubernetesPages } from '../deploy/kubernetes.js';
import { decisionsPage } from './decisions.js';
import { architecturePage } from './architecture.js';
import { catalogueSource } from './catalogue.js';
import { factsOf } from './facts.js';
import { permissionsPage, rolesOf } from './permissions.js';
import { routesPage } from './routes.js';

/** Every generated page: path -> text. */
export function pages(tree: Tree): Record<string, string> {
  const facts = factsOf(tree);
  const order = ['platform', ...Object.keys(tree.graph).filter((name) => !name.startsWith('platform/')), 'apps'];
  return {
    'docs/configuration.md': configurationPage(facts, order),
    'docs/routes.md': routesPage(facts, order),
    'docs/permissions.md': permissionsPage(facts, rolesOf(tree)),
    'libs/tenancy/src/access/catalogue.ts': catalogueSource(facts),
    'docs/adr/README.md': decisionsPage(tree.root),
    'docs/architecture.md': architecturePage(tree),
    ...kubernetesPages(tree, facts),
  };
}
