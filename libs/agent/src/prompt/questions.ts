import { isFunctionWord, languageOf, sentences, words } from '#platform/text';

/** Most questions of one message that are answered one by one. */
const MOST_QUESTIONS = 5;
/** Characters of a message in which questions are looked for: its beginning, and its end. */
const READ = 4_000;
/** And as many sentences: a message is no document. */
const MOST_SENTENCES = 60;
/** Longer sentences are taken as they are. */
const LONGEST = 600;

const ASKS = [
  'who|whom|whose|what|when|where|why|how|which',
  'wer|wen|wem|wessen|was|wann|wo|wohin|woher|warum|weshalb|wieso|wie|wieviele?|welche[mnrs]?',
  'qui|que|quoi|quand|où|pourquoi|comment|combien|quel(?:le)?s?|lequel|laquelle',
  'quién(?:es)?|qué|cuándo|dónde|por qué|cómo|cuánt[oa]s?|cuál(?:es)?',
  'chi|che|cosa|quando|dove|perché|come|quant[oaei]|qual[ei]?|quem|onde|porquê|quais',
  'wie|wat|wanneer|waar|waarom|hoe|hoeveel|welke?|vem|vad|när|varför|hur|vilken|vilket|hvem|hvad|hva|hvornår|hvorfor|hvordan|hvor',
  'кто|что|когда|где|куда|почему|как|сколько|какой|какая|какие|какое|من|ما|ماذا|متى|أين|اين|لماذا|كيف|كم|هل',
].join('|');
const HELPS = 'is|are|was|were|do|does|did|can|could|will|would|should|may|must|has|have|had|am';
const BIDS = 'tell|explain|describe|list|show|give|name|define|summari[sz]e|find|compare|erkläre?|nenne|zeige?|beschreibe?|explique|décris|'
  + 'dis|explica|describe|dime';
const LINKS = 'if|whether|ob|si|se';
const EDGE = String.raw`(?![\p{L}\p{N}'’])`;

const OPENERS = 'and|but|so|also|or|then|und|aber|oder|et|mais|y|pero|e|please|bitte';
const STARTS = new RegExp(String.raw`^[\s"'“„«¿¡(]*(?:(?:${OPENERS})[\s,]+)*(?:${ASKS}|${HELPS}|${BIDS})${EDGE}`, 'iu');
/** "… and how long is probation?": a second question inside the sentence of the first. */
const JOINED = new RegExp(String.raw`[,;]?\s+(?:and also|and|as well as|und|sowie|et|y|e)\s+(?=(?:${ASKS}|${LINKS}|`
  + String.raw`(?:${HELPS})\s+(?:i|we|you|there|it|they|the|my|our))${EDGE})`, 'giu');
const LEADS = [
  'tell me|let me know|to know|knows?|wondering|ask(?:ing)?(?: you)?|explain(?: to me)?|inform me|help me (?:understand|find out)|find out',
  'figure out|sagen|wissen|fragen|erklären|savoir|dire|demander|saber|decir(?:me)?|preguntar',
].join('|');
/** "I was wondering whether you could tell me how …": what leads to the question is courtesy. */
const COURTESY = new RegExp(
  String.raw`^.*(?<!\p{L})(?:${LEADS})(?:\s+please|\s+bitte)?[\s,:]+(?=(?:${ASKS}|${LINKS})${EDGE})`, 'iu',
);
const LINK = new RegExp(String.raw`^(?:${LINKS})\s+`, 'iu');
/** "1. How much …? 2. How long …?" */
const NUMBERED = /(?:^|\s)(?:\d{1,2}|[a-h])[.)]\s+(?=\p{L})/gu;

/** What a message asks, one question after the other, without the courtesy around them; and what it tells before it asks. */
interface MessageQuestions {
  /** At least one: a message that asks nothing in so many words is one (keywords are a question, too). */
  questions: string[];
  /** The sentence before the first question: what "it" may be about. Empty where there is none. */
  told: string;
}

export function askedIn(message: string): MessageQuestions {
  const read = message.length <= 2 * READ ? message : `${message.slice(0, READ)}\n\n${message.slice(-READ)}`;
  const said = sentences(read.replace(NUMBERED, '\n\n')).map(({ text }) => text).slice(0, MOST_SENTENCES);
  const questions = [...new Set(said.filter(isAsking).flatMap(withoutCourtesy).filter((part) => words(part).length > 0))];
  if (questions.length === 0) return { questions: [read.trim()], told: '' };
  return { questions: questions.slice(0, MOST_QUESTIONS), told: said[said.findIndex(isAsking) - 1] ?? '' };
}

/** Whether a message only tells something: a sentence that asks nothing. */
export function isStatement(message: string): boolean {
  const text = message.slice(0, READ).trim();
  return words(text).length > 0 && !sentences(text).some((one) => isAsking(one.text))
    && (/[.!。！]["”’)]*$/u.test(text) || FIRST_PERSON.test(text));
}

const FIRST_PERSON = new RegExp(String.raw`^\s*(?:i|we|i['’](?:m|ve|d|ll)|we['’](?:re|ve|d|ll)|my|our|ich|wir|mein|unser|je|j['’]|nous|`
  + String.raw`mon|ma|yo|soy|mi|merke?|remember|note)(?!\p{L})`, 'iu');

function isAsking(sentence: string): boolean {
  return /[?？؟]["”’)]*$/u.test(sentence) || STARTS.test(sentence) || (sentence.length <= LONGEST && COURTESY.test(sentence));
}

function withoutCourtesy(sentence: string): string[] {
  const bare = sentence.length <= LONGEST ? sentence.replace(COURTESY, '') : sentence;
  return parts(bare === sentence ? sentence : bare.replace(LINK, ''));
}

/** The questions of one sentence: cut before another question word, where both sides say something. */
function parts(sentence: string): string[] {
  const found: string[] = [];
  let from = 0;
  for (const cut of sentence.length <= LONGEST ? sentence.matchAll(JOINED) : []) {
    const before = sentence.slice(from, cut.index);
    if (!STARTS.test(before) || !meansSomething(before) || !meansSomething(sentence.slice(cut.index + cut[0].length))) continue;
    found.push(`${before}?`);
    from = cut.index + cut[0].length;
  }
  return from === 0 ? [sentence] : [...found, sentence.slice(from).replace(LINK, '')];
}

function meansSomething(text: string): boolean {
  const found = words(text);
  const language = languageOf(found) ?? 'en';
  return found.some(({ text: word }) => word.length > 1 && !isFunctionWord(word, language));
}
