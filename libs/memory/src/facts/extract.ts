/** A sentence worth remembering, and what it is about: a later fact about the same `subject` replaces the earlier one. */
interface Learned {
  text: string;
  subject: string | null;
  source: 'told' | 'learned';
}

/** "Remember that …" and its kin: the person says outright what to keep. */
const ORDER = /^(?:please\s+|also\s+|and\s+)*(?:remember|note|keep in mind|don['’]t forget|do not forget|make a note|bear in mind)(?:\s+(?:this|the following))?\s*(?:that\b|:|,)?\s+(.{3,})$/iu;

/** Statements about oneself whose left side names what they are about. */
const SUBJECT_IS = /^(?:(?:and|but|so|by the way|btw|hi|hello|hey)[,!]?\s+)*((?:my|our)\s+(?:[\p{L}\p{N}'’-]+\s+){0,4}?[\p{L}\p{N}'’-]+)\s+(?:is|are|was|were|has|have|will be|starts?|ends?)\s+\S/iu;

const CALL_ME = /^(?:(?:please|and|but|hi|hello|hey)[,!]?\s+)*(?:you can\s+|just\s+)?call me\s+\S/iu;

/** Statements about oneself that add up rather than replace each other. */
const ABOUT_ME = /^(?:(?:and|but|so|by the way|btw|hi|hello|hey)[,!]?\s+)*(?:i['’]m|i am|we are|we['’]re|i (?:live|work|study|prefer|like|love|hate|dislike|use|own|speak|always|never|usually|was born|come from|have)|we (?:use|prefer|work|live|have|never|always))\s+\S/iu;

/** "I am looking for …", "I have a question": about the errand of the moment, not about the person. */
const PASSING = /^(?:\S+[,!]?\s+)?(?:i['’]m|i am|we['’]re|we are)\s+(?:looking|trying|asking|wondering|curious|not sure|sure|sorry|having|getting|going to ask|here|back|confused|stuck|interested in (?:how|what|why|whether))\b|^i (?:have|use)\s+(?:a|another|one more|some)?\s*(?:quick\s+)?(?:question|problem|issue|doubt)/iu;

const MAX_FACT_CHARS = 500;

/** What one message of a person tells about them. Questions never do; commands to remember always do. Pure. */
export function extractFacts(message: string): Learned[] {
  const found: Learned[] = [];
  for (const sentence of statements(message)) {
    const order = ORDER.exec(sentence);
    if (order) {
      found.push({ ...learned(order[1]!), source: 'told' });
    } else if (!sentence.endsWith('?') && isAboutPerson(sentence)) {
      found.push({ ...learned(sentence), source: 'learned' });
    }
  }
  return found;
}

/** The part of a fact a later one would contradict: "my name", "our fiscal year"; null for facts that add up. */
export function subjectOf(text: string): string | null {
  const named = SUBJECT_IS.exec(text);
  if (named) return normalise(named[1]!);
  return CALL_ME.test(text) ? 'my name to be called by' : null;
}

function isAboutPerson(sentence: string): boolean {
  if (PASSING.test(sentence)) return false;
  return SUBJECT_IS.test(sentence) || CALL_ME.test(sentence) || ABOUT_ME.test(sentence);
}

function learned(text: string): { text: string; subject: string | null } {
  const clean = capitalise(text.trim().replace(/[\s.!;,]+$/u, '')).slice(0, MAX_FACT_CHARS);
  return { text: clean, subject: subjectOf(clean) };
}

/** Sentences and lines; a dot inside a number, a domain or an abbreviation does not end one. */
function statements(message: string): string[] {
  return message
    .split(/\n+|(?<=[\p{L}\p{N})"'’][.!?;])\s+(?=[\p{Lu}\p{N}"'’])/u)
    .map((part) => part.trim())
    .filter((part) => part.length > 0 && part.length <= 2 * MAX_FACT_CHARS);
}

function capitalise(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

export function normalise(text: string): string {
  return text.normalize('NFKC').toLocaleLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}
