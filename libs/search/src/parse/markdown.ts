import { type Token, type Tokens, lexer } from 'marked';
import { addHtml, decodeEntities, textOfHtml } from './html-blocks.js';
import type { DocumentBuilder } from './parsed-document.js';

const FRONT_MATTER = /^\ufeff?---[ \t]*\r?\n([\s\S]*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/;

/** Markdown (GitHub's dialect) to blocks: the words without the marks, code as it is. Front matter gives at most the title. */
export function parseMarkdown(source: string, document: DocumentBuilder): void {
  const front = FRONT_MATTER.exec(source);
  const title = front && /^title:[ \t]*(?:"(.*)"|'(.*)'|(.*))$/m.exec(front[1]!);
  if (title) document.title = (title[1] ?? title[2] ?? title[3])!.trim() || null;
  addTokens(lexer(front ? source.slice(front[0].length) : source), document);
}

function addTokens(tokens: Token[], document: DocumentBuilder): void {
  for (const token of tokens as Tokens.Generic[]) {
    switch (token.type) {
      case 'heading':
        document.add('heading', inline(token.tokens), { level: token['depth'] as number });
        break;
      case 'paragraph':
      case 'text':
        document.add('paragraph', inline(token.tokens) || (token['text'] as string));
        break;
      case 'list':
        document.add('list', list(token as Tokens.List, ''));
        break;
      case 'table':
        document.add('table', table(token as Tokens.Table));
        break;
      case 'code':
        document.add('code', token['text'] as string);
        break;
      case 'blockquote':
        addTokens(token.tokens ?? [], document);
        break;
      case 'html':
        addHtml(token['text'] as string, document);
        break;
    }
  }
}

function list(token: Tokens.List, indent: string): string {
  const first = typeof token.start === 'number' ? token.start : 1;
  return token.items
    .map((item, index) => {
      const mark = token.ordered ? `${first + index}. ` : '- ';
      const lines = item.tokens.map((part) => {
        const child = part as Tokens.Generic;
        if (child.type === 'list') return `\n${list(child as Tokens.List, `${indent}  `)}`;
        if (child.type === 'table') return `\n${table(child as Tokens.Table)}`;
        if (child.type === 'code') return `\n${child['text'] as string}`;
        if (child.type === 'blockquote') return `\n${(child.tokens ?? []).map((one) => inline((one as Tokens.Generic).tokens)).join('\n')}`;
        if (child.type === 'checkbox' || child.type === 'space') return '';
        return `${inline(child.tokens) || textOfHtml(child.raw)} `;
      });
      return `${indent}${mark}${lines.join('').trim()}`;
    })
    .join('\n');
}

function table(token: Tokens.Table): string {
  return [token.header, ...token.rows].map((row) => row.map((cell) => inline(cell.tokens).replace(/\s+/g, ' ')).join(' | ')).join('\n');
}

/** The words of inline marks; a wrapped line is one line, because the wrap is the editor's and not the author's. */
function inline(tokens: Token[] | undefined): string {
  return (tokens ?? [])
    .map((part) => {
      const token = part as Tokens.Generic;
      switch (token.type) {
        case 'br':
          return '\n';
        case 'html':
          return /^<br\b/i.test(token.raw) ? '\n' : '';
        case 'image':
          return token['text'] as string;
        case 'codespan':
        case 'escape':
          return token['text'] as string;
        default:
          return token.tokens ? inline(token.tokens) : entities(String(token['text'] ?? '')).replace(/\s*\n\s*/g, ' ');
      }
    })
    .join('');
}

function entities(text: string): string {
  return text.includes('&') ? decodeEntities(text) : text;
}
