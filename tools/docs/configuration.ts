import type { Facts, Setting } from './facts.js';

/** docs/configuration.md: every @Env of every config class, by the library that reads it. */
export function configurationPage(facts: Map<string, Facts>, order: string[]): string {
  const seen = new Set<string>();
  const sections = order.map((name) => {
    // A setting that a higher context reads too (OPENAI_API_KEY) stands where it is first met.
    const settings = (facts.get(name)?.settings ?? []).filter((one) => !seen.has(one.name));
    settings.forEach((one) => seen.add(one.name));
    return settings.length === 0 ? '' : section(name === 'platform' ? 'Every process' : name, settings);
  });
  return `# Configuration

Everything is set by environment variables; nothing needs to be. A wrong value, a missing secret or a misspelt \`ATOLL_\` name stops the
start, with every fault told at once, by name and never by value. Empty means unset.

Two families take a context's name at their end. \`ATOLL_DATABASE_URL_SEARCH\` with \`ATOLL_MIGRATION_DATABASE_URL_SEARCH\` gives that context a
database of its own (and \`ATOLL_DATABASE_DIRECT_URL_SEARCH\` where a pooler stands before it). \`ATOLL_URL_SEARCH\` says where requests for its routes are forwarded when this process does not host it
(\`http://search:3000\`, or several replicas separated by commas); see [split it](split.md).

${sections.filter((one) => one !== '').join('\n\n')}

Written by \`npm run docs\` from the config classes.
`;
}

function section(title: string, settings: Setting[]): string {
  const tables = [...Map.groupBy(settings, ({ about }) => about)].map(([about, group]) => `${about}\n\n${table(group)}`);
  return `## ${title}\n\n${tables.join('\n\n')}`;
}

function table(settings: Setting[]): string {
  const rows = settings.map((one) => `| \`${one.name}\` | ${cell(one.description)}${one.secret ? ' Secret.' : ''} | ` +
    `${one.default === '' ? '' : `\`${one.default}\``} | ${cell(one.allowed)} |`);
  return ['| Variable | What it does | Default | Accepted |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
