import type { ContextWiring } from '#platform/runtime';
import { type DataMap, platformDataMap } from '#platform/privacy';
import { contexts } from '../../apps/contexts.js';

/** docs/data-map.md: every table of the house, what it holds and whom it names. */
export async function dataMapPage(): Promise<string> {
  const wirings = await Promise.all(contexts.map(async ({ load }): Promise<ContextWiring> => (await load()).context));
  const maps: [string, DataMap][] = [['kernel', platformDataMap],
    ...wirings.map(({ name, dataMap = {} }): [string, DataMap] => [name, dataMap])];
  const sections = maps.map(([name, map]) => [`## ${name}`, '', '| Table | Holds | Class | With its tenant | Names a person in | Kept |',
    '| --- | --- | --- | --- | --- | --- |', ...Object.entries(map).map(row)].join('\n'));
  return `# Data map

What Atoll keeps, table by table. Each context declares its own (\`libs/<context>/src/<context>.data.ts\`); a test reads the tables and columns off the
database itself, on both engines, and fails for a table or a column naming people that is not on the map.

Classes: *identity* (who somebody is), *credential* (what lets somebody in, hashed or sealed), *content* (what people wrote or uploaded), *activity* (what they did),
*configuration*, *money* (what was used and what it costs), *derived* (computable again), *transit* (on its way, gone within days). Uploaded files and the
checkpoints of audit chains are blobs under their tenant's folder.

With its tenant a row *moves* (it is in the tenant's archive and comes back with an import), is *rebuilt* (left out, and made again after an import), *stays*
(never leaves the deployment), or is *shared* (of no tenant). Whatever is not shared is erased with its tenant. A column that names a person makes the row their *own*
(it is in what they may take along, and goes with them), or has them *named* (the id stays, and leads to nobody once they are erased).

How long *conversations*, *runs*, *usage* and *analytics* are kept is set by the tenant (\`retention\` of its settings) and bounded by the deployment (\`ATOLL_RETENTION_…_DAYS\`).

${sections.join('\n\n')}

Written by \`npm run docs\` from the contexts' data maps.
`;
}

function row([table, { what, class: kind, life, person = {}, personWhere, aged, kept }]: [string, DataMap[string]]): string {
  return `| \`${table}\` | ${what} | ${kind} | ${life} | ` +
    `${[...Object.entries(person).map(([column, tie]) => `\`${column}\` (${tie})`),
      ...(personWhere ? [`where \`${personWhere.replaceAll('|', '\\|')}\` (own)`] : [])].join(', ')} | ${kept.replaceAll(
        /\b(ATOLL_[A-Z_]+)\b/g, '`$1`')}${aged ? `; at most as *${aged.rule}* are kept` : ''} |`;
}
