/** One passage as the model sees it: numbered, named, and fenced as data. */
export interface FencedPassage {
  marker: number;
  document: string;
  heading: string | null;
  page: number | null;
  text: string;
}

/** What is known about a question, and the question. */
export interface FencedPrompt {
  facts: string[];
  passages: FencedPassage[];
  question: string;
}

/** Our own tags inside quoted text are defused, so that a document cannot close its fence and speak as somebody else. */
const OWN_TAG = /<(?=\/?(?:passages?|facts?|question)\b)/gi;

const defuse = (text: string): string => text.replace(OWN_TAG, '&lt;');
const attribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replace(/\s+/g, ' ');

/** The last message of a prompt: what is known, then what is asked. */
export function fence({ facts, passages, question }: FencedPrompt): string {
  const blocks: string[] = [];
  const lines = facts.map((fact) => `- ${defuse(fact).replace(/\s+/g, ' ')}`);
  if (facts.length > 0) blocks.push(`<facts>\n${lines.join('\n')}\n</facts>`);
  if (passages.length > 0) blocks.push(`<passages>\n${passages.map(fencePassage).join('\n')}\n</passages>`);
  blocks.push(`<question>\n${defuse(question)}\n</question>`);
  return blocks.join('\n\n');
}

export function fencePassage({ marker, document, heading, page, text }: FencedPassage): string {
  const place = `${heading === null ? '' : ` heading="${attribute(heading)}"`}${page === null ? '' : ` page="${page}"`}`;
  return `<passage n="${marker}" document="${attribute(document)}"${place}>\n${defuse(text)}\n</passage>`;
}
