import { type ContextWiring, type DataMap, kernelDataMap } from '#kernel';
import { contexts } from '../../apps/contexts.js';

/** docs/data-map.md: every table of the house, what it holds and whom it names. */
export async function dataMapPage(): Promise<string> {
  const wirings = await Promise.all(contexts.map(async ({ load }): Promise<ContextWiring> => (await load()).context));
  const maps: [string, DataMap][] = [['kernel', kernelDataMap], ...wirings.map(({ name, dataMap = {} }): [string, DataMap] => [name, dataMap])];
  const sections = maps.map(([name, map]) => [`## ${name}`, '', '| Table | Holds | Class | Names a person in | Kept |', '| --- | --- | --- | --- | --- |', ...Object.entries(map).map(row)].join('\n'));
  return `# Data map

What Atoll keeps, table by table. Each context declares its own (\`libs/<context>/src/<context>.data.ts\`); a test reads the tables and columns off the
database itself, on both engines, and fails for a table or a column naming people that is not on the map.

Classes: *identity* (who somebody is), *credential* (what lets somebody in, hashed or sealed), *content* (what people wrote or uploaded), *activity* (what they did),
*configuration*, *money* (what was used and what it costs), *derived* (computable again), *transit* (on its way, gone within days). Uploaded files and the
checkpoints of audit chains are blobs under their tenant's folder.

${sections.join('\n\n')}

Written by \`npm run docs\` from the contexts' data maps.
`;
}

function row([table, { what, class: kind, person = [], kept }]: [string, DataMap[string]]): string {
  return `| \`${table}\` | ${what} | ${kind} | ${person.map((column) => `\`${column}\``).join(', ')} | ${kept.replaceAll(/\b(ATOLL_[A-Z_]+)\b/g, '`$1`')} |`;
}
