import type { Facts, Route } from './facts.js';

/** docs/routes.md: who serves what, and what a caller must hold. Bodies and answers are in /docs. */
export function routesPage(facts: Map<string, Facts>, order: string[]): string {
  const sections = order.filter((name) => facts.get(name)?.routes.length).map((name) => {
    const rows = [...facts.get(name)!.routes].sort((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method)).map(row);
    return [`## ${name}`, '', '| Route | Permission | What it does |', '| --- | --- | --- |', ...rows].join('\n');
  });
  return `# Routes and permissions

A key or a role may hold a permission by name, \`search.*\` (all of a context), \`*.read\` (whatever only reads) or \`*\`. Bodies, answers and
examples: \`/docs\` of a running Atoll, and \`/openapi.json\`.

${sections.join('\n\n')}

Written by \`npm run docs\` from the controllers.
`;
}

function row({ method, path, permissions, summary }: Route): string {
  const needs = permissions === null ? 'public' : permissions.length === 0 ? 'signed in' : permissions.map((one) => `\`${one}\``).join(' ');
  return `| \`${method} ${path}\` | ${needs} | ${summary.replaceAll('|', '\\|')} |`;
}
