import { isStopWord, languageOf, words } from '#platform/text';

/** Words that point back at what was said before. */
const POINTING = new Set([
  'it its they them their theirs that this these those he him his she her hers there then one ones same such else another other instead',
  'former latter both either neither er sie es ihn ihm ihr dort das dies diese dieser dieses dann damit davon',
  'il elle ils elles lui leur ça cela ceci y en ello eso esto ese esa él ella',
].join(' ').split(' '));

/** Openings that go on with the topic: "and on Windows?", "what about Redis?". */
const CONTINUING = new RegExp(
  String.raw`^\s*(?:and|or|but|so|also|what about|how about|what else|why(?: not)?\s*\?|how so|how come|for example|such as|tell me more`
    + String.raw`|more(?: details?)?\b|go on|continue|explain|und|oder|aber|was ist mit|wie ist es mit|et|mais|ou|y|o|pero|e)\b`,
  'iu',
);

const MAX_CARRIED = 12;

/**
 * The question with what it leaves out, for search: a follow-up that points back ("how do I stop it?") or goes on ("and on Windows?")
 * takes over the meaning-bearing words of the questions before it, nearest first; and names from the last answer. A question that stands
 * alone comes back as it is. Needs no model: it costs no time to the first token.
 */
export function standalone(question: string, history: { role: 'user' | 'assistant'; content: string }[]): string {
  if (history.length === 0 || !isFollowUp(question)) return question;
  const own = new Set(meaningful(question));
  const carried = new Set<string>();
  const carry = (list: string[]): void => {
    for (const word of list) if (!own.has(word) && carried.size < MAX_CARRIED) carried.add(word);
  };
  const questions = history.filter(({ role }) => role === 'user').map(({ content }) => content).reverse();
  for (const before of questions.slice(0, 3)) {
    carry(meaningful(before));
    if (!isFollowUp(before)) break;
  }
  const answer = history.findLast(({ role }) => role === 'assistant')?.content ?? '';
  carry(names(answer));
  return carried.size === 0 ? question : `${question} ${[...carried].join(' ')}`;
}

export function isFollowUp(question: string): boolean {
  const found = words(question);
  const bearing = meaningful(question);
  if (CONTINUING.test(question)) return true;
  if (bearing.length === 0) return true;
  return bearing.length <= 5 && found.some(({ text }) => POINTING.has(text));
}

/** Words a search can find something by, in order, each once. */
function meaningful(text: string): string[] {
  const found = words(text);
  const language = languageOf(found) ?? 'en';
  const each = [...new Set(found.map((word) => word.text))];
  return each.filter((word) => word.length > 1 && !isStopWord(word, language) && !POINTING.has(word));
}

/** Names in running text: capitalised inside a sentence, or written as code (ATOLL_URL_SEARCH, `npm run ask`). */
function names(text: string): string[] {
  const first = text.slice(0, 400);
  const found = first.matchAll(/(?<=[\p{Ll}\p{N},;:]\s)\p{Lu}[\p{L}\p{N}_-]{2,}|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|`[^`\n]{2,40}`/gu);
  return [...new Set([...found].map(([name]) => name.replaceAll('`', '')))].slice(0, 4);
}
