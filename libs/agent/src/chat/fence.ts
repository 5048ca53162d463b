/** One passage as the model sees it: numbered, named, and fenced as data. */
export interface FencedPassage {
  marker: number;
  document: string;
  heading: string | null;
  page: number | null;
  text: string;
}

export interface FencedPrompt {
  facts: string[];
  passages: FencedPassage[];
  question: string;
}

/** Our own tags inside quoted text are defused, so that a document cannot close its fence and speak as somebody else. */
const OWN_TAG = /<(?=\/?(?:passages?|facts?|question)\b)/gi;
const DEFUSED_TAG = /&lt;(?=\/?(?:passages?|facts?|question)\b)/gi;

const defuse = (text: string): string => text.replace(OWN_TAG, '&lt;');
const restore = (text: string): string => text.replace(DEFUSED_TAG, '<');
const attribute = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replace(/\s+/g, ' ');
const plain = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

/** The last message of a prompt: what is known, then what is asked. */
export function fence({ facts, passages, question }: FencedPrompt): string {
  const blocks: string[] = [];
  if (facts.length > 0) blocks.push(`<facts>\n${facts.map((fact) => `- ${defuse(fact).replace(/\s+/g, ' ')}`).join('\n')}\n</facts>`);
  if (passages.length > 0) blocks.push(`<passages>\n${passages.map(fencePassage).join('\n')}\n</passages>`);
  blocks.push(`<question>\n${defuse(question)}\n</question>`);
  return blocks.join('\n\n');
}

export function fencePassage({ marker, document, heading, page, text }: FencedPassage): string {
  const place = `${heading === null ? '' : ` heading="${attribute(heading)}"`}${page === null ? '' : ` page="${page}"`}`;
  return `<passage n="${marker}" document="${attribute(document)}"${place}>\n${defuse(text)}\n</passage>`;
}

const PASSAGE = /<passage n="(\d+)" document="([^"]*)"(?: heading="([^"]*)")?(?: page="(\d+)")?>\n([\s\S]*?)\n<\/passage>/g;
const FACTS = /<facts>\n([\s\S]*?)\n<\/facts>/;
const QUESTION = /<question>\n([\s\S]*)\n<\/question>\s*$/;

/** Reads back what `fence` wrote; a text without fences is all question. */
export function unfence(text: string): FencedPrompt {
  const question = QUESTION.exec(text)?.[1];
  if (question === undefined) return { facts: [], passages: [], question: text };
  const known = text.slice(0, text.lastIndexOf('<question>'));
  return {
    facts: (FACTS.exec(known)?.[1] ?? '').split('\n').filter((line) => line !== '').map((line) => restore(line.slice(2))),
    passages: [...known.matchAll(PASSAGE)].map(([, marker, document, heading, page, body]) => ({
      marker: Number(marker),
      document: plain(document!),
      heading: heading === undefined ? null : plain(heading),
      page: page === undefined ? null : Number(page),
      text: restore(body!),
    })),
    question: restore(question),
  };
}
