import { terms } from '#platform/text';

/** What a person wants forgotten: all that is known of them, or what is known about one thing. */
export type Forgetting = { everything: true } | { everything: false; about: string };

const COURTEOUS = "please|bitte|now|and|ok|okay|s'il (?:te|vous) plaît|por favor";
const COURTESY = String.raw`^\s*(?:(?:${COURTEOUS})[,!]?\s+)*(?:(?:can|could|would) you (?:please )?)?`;
const ASK = 'forget|erase|delete|vergiss|vergessen sie|lösche?|oubliez?|oublie|olvida|olvide';
const ME = 'me|us|mich|uns|moi|mí|myself';
/** "Forget everything you know about me", "Vergiss alles über mich": nothing else that could be meant by everything. */
const EVERYTHING = new RegExp(String.raw`${COURTESY}(?:${ASK})\s+(?:everything|all|alles|tout|todo)\b.{0,40}\b(?:${ME})\s*[.!]*\s*$`, 'iu');
const THING = String.raw`(?:my|our)(?:\s+(?!(?:is|are|was|were)\b)[\p{L}\p{N}'’-]+){1,4}`;
const BEHIND = String.raw`(?:\s+(?:is|are|was|were)\b.*)?\s*[.!]*\s*$`;
const ABOUT = new RegExp(String.raw`${COURTESY}(?:forget|erase|delete)\s+(?:about\s+|that\s+)?(${THING})${BEHIND}`, 'iu');

/** What a message asks to forget; null where it asks nothing of the kind ("don't forget …", "forget it"). Pure. */
export function forgettingIn(message: string): Forgetting | null {
  if (message.length > 200 || message.trimEnd().endsWith('?')) return null;
  if (EVERYTHING.test(message)) return { everything: true };
  const about = ABOUT.exec(message)?.[1]?.trim();
  return about ? { everything: false, about } : null;
}

/** Whether a fact is about what is to be forgotten: it holds each of its words ("my name": "My name is Ada"). */
export function isAbout(fact: string, about: string): boolean {
  const held = new Set(terms(fact));
  const asked = terms(about);
  return asked.length > 0 && asked.every((term) => held.has(term));
}
