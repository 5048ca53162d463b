import { isStatement } from '../prompt/questions.js';
import type { Phrases } from './phrases.js';

const GREETING = /^\s*(?:hi|hello|hey|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|bonjour|salut|hola|buenos días)(?:[\s,]+\p{L}+)?\s*[!.]*\s*$/iu;
const THANKS = /^\s*(?:thanks?(?: you)?|thx|many thanks|danke(?: schön)?|merci(?: beaucoup)?|gracias)(?:[\s,]+[\p{L}\s]{1,30})?\s*[!.]*\s*$/iu;
const WHO_ARE_YOU = /^\s*(?:who|what) are you\b|^\s*what can you do\b/iu;
/** What is no question to the documents: a greeting, thanks, who one talks to, something told to be kept. Null for everything else. */
export function smallTalk(message: string, remembers: boolean, phrases: Phrases): string | null {
  const start = message.slice(0, 400);
  if (GREETING.test(start) || WHO_ARE_YOU.test(start)) return phrases.hello;
  if (THANKS.test(start)) return phrases.welcome;
  if (remembers && isStatement(message)) return phrases.noted;
  return null;
}
