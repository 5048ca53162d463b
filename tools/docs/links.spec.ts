import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const pages = globSync(['*.md', 'docs/**/*.md', 'libs/*/README.md', 'tools/**/*.md'], { cwd: root });
const text = (page: string): string => readFileSync(join(root, page), 'utf8').replace(/```[\s\S]*?```/g, '');

/** As GitHub makes the anchor of a heading. */
const anchorsOf = (page: string): string[] => [...text(page).matchAll(/^#+ (.+)$/gm)]
  .map(([, heading]) => heading!.trim().toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));

describe('links of the docs', () => {
  it.each(pages)('of %s lead to pages and headings that are there', (page) => {
    const targets = [...text(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)]
      .map(([, target]) => target!.split('#') as [string, string?]);
    const dead = targets.filter(([path, anchor]) => {
      const file = path === '' ? page : join(dirname(page), path);
      return !existsSync(join(root, file)) || (anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor));
    });
    expect(dead).toEqual([]);
  });

  it('lead from the index to every page under docs/', () => {
    const index = text('docs/README.md');
    expect(globSync('docs/*.md', { cwd: root }).map((page) => page.slice('docs/'.length))
      .filter((page) => page !== 'README.md' && !index.includes(`(${page})`))).toEqual([]);
  });
});
