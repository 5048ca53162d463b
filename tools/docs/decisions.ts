import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** docs/adr/README.md: the decisions in order, with what became of them. */
export function decisionsPage(root: string): string {
  const folder = join(root, 'docs/adr');
  const rows = readdirSync(folder).filter((file) => /^\d{4}-.*\.md$/.test(file)).sort().map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const title = /^# (?:\d{4}: )?(.+)$/m.exec(text)?.[1] ?? file;
    const status = /^Status: ([^·\n]+)/m.exec(text)?.[1]?.trim() ?? 'accepted';
    return `| [${file.slice(0, 4)}](${file}) | ${title} | ${status} |`;
  });
  return `# Decisions

One page per decision that was argued: the question, the options, what decided, what follows. A new one starts from
[the template](../../.github/adr-template.md); an old one is not rewritten but replaced.

| | Decision | Status |
| --- | --- | --- |
${rows.join('\n')}

Written by \`npm run docs\`.
`;
}
