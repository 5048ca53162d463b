import { Marked, type TokenizerAndRendererExtension, type Tokens } from 'marked';
import { latexText } from './formula.js';
import { parseHtmlFragment } from './html-blocks.js';
import type { DocumentBuilder } from './parsed-document.js';

const FRONT_MATTER = /^\ufeff?---[ \t]*\r?\n([\s\S]*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/;

/**
 * Markdown (GitHub's dialect) to blocks, by the way of HTML, so that both are read by the same rules: the words without the marks, code as
 * it is. Front matter gives at most the title.
 */
export function parseMarkdown(source: string, document: DocumentBuilder): void {
  const front = FRONT_MATTER.exec(source);
  const title = front && /^title:[ \t]*(?:"(.*)"|'(.*)'|(.*))$/m.exec(front[1]!);
  if (title) document.title = (title[1] ?? title[2] ?? title[3])!.trim() || null;
  parseHtmlFragment(dialect(source).parse(front ? source.slice(front[0].length) : source, { async: false }), document);
}

function dialect(source: string): Marked {
  const ended = new Set([...source.matchAll(/<\/([a-z][\w-]*)\s*>/gi)].map(([, name]) => name!.toLowerCase()));
  return new Marked({
    gfm: true,
    extensions: [formula('block', /^(?:\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\])(?:\n|$)/), formula('inline', INLINE_FORMULA)],
    tokenizer: {
      // A single tilde means "about" in more documents than it strikes anything.
      del(text) {
        return text.startsWith('~~') ? false : undefined;
      },
    },
    renderer: {
      html: ({ text }: Tokens.HTML | Tokens.Tag) => withPlaceholders(text, ended),
      image: ({ text }) => escaped(text),
    },
  });
}

const INLINE_FORMULA = /^(?:\$\$([^$\n]+?)\$\$|\$(?!\s)([^$\n]*?[^\s\\$])\$(?!\d)|\\\(([^\n]+?)\\\))/;

/** LaTeX between dollars, before its underscores and stars are taken for emphasis. Amounts of money have no second sign. */
function formula(level: 'block' | 'inline', pattern: RegExp): TokenizerAndRendererExtension {
  return {
    name: `formula-${level}`,
    level,
    start: (text) => (level === 'block' ? /\n(?:\$\$|\\\[)/ : /\$|\\\(/).exec(text)?.index,
    tokenizer(text) {
      const found = pattern.exec(text);
      const latex = found?.slice(1).find((part) => part !== undefined);
      if (!found || !latex || (level === 'inline' && found[0].startsWith('$') && !/[\\^_=+*/<>{}]|^\p{L}$/u.test(latex))) return undefined;
      return { type: `formula-${level}`, raw: found[0], text: latex };
    },
    renderer: ({ text }) => (level === 'block' ? `<p>${escaped(latexText(text as string))}</p>` : escaped(latexText(text as string))),
  };
}

/** Tags that mean something without an end of their own. */
const ENDLESS = new Set(['br', 'hr', 'wbr', 'p', 'li', 'td', 'th', 'tr', 'dt', 'dd', 'tbody', 'thead', 'tfoot', 'colgroup', 'option']);
const VOID = new Set(['img', 'input', 'source', 'link', 'meta', 'embed', 'area', 'base', 'col', 'track', 'param']);

/** `--user <username>`: a tag that is never ended, and could not do without, is what its author wanted the reader to fill in. */
function withPlaceholders(html: string, ended: ReadonlySet<string>): string {
  return html.replace(/<([a-z][\w.-]*)((?:\s[^<>]*)?)>/gi, (tag, name: string, rest: string) => {
    const key = name.toLowerCase();
    const markup = ended.has(key) || ENDLESS.has(key) || rest.endsWith('/') || (VOID.has(key) && rest.trim() !== '');
    return markup ? tag : escaped(tag);
  });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
