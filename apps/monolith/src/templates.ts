import { makeTemplate } from '#platform/pglite';
import { makeMigratedTemplate } from '#platform/runtime';
import { contexts } from '../../contexts.js';

/** The databases that first starts copy: an empty one, and one with every table. */
await makeTemplate();
await makeMigratedTemplate(await Promise.all(contexts.map(async ({ load }) => (await load()).context)));
