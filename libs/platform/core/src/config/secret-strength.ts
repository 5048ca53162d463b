/** Words that people and tutorials put into secrets; what is left beside them has to be strong by itself. */
const WORDS = new RegExp([
  'secret', 'password', 'passphrase', 'passwort', 'change', 'replace', 'example', 'default', 'insecure', 'placeholder', 'atoll',
  'production', 'develop', 'staging', 'admin', 'root', 'letmein', 'welcome', 'master', 'super', 'token', 'sign', 'encrypt', 'session',
  'private', 'public', 'key', 'your', 'this', 'that', 'with', 'random', 'please', 'here', 'dummy', 'sample', 'demo', 'test', 'hunter',
  'lorem', 'ipsum', 'monkey', 'dragon', 'dead', 'beef', 'cafe', 'babe',
].join('|'), 'g');

/** Keys of standards and of tutorials that are copied: as random as can be, and known to everybody. */
const EXAMPLES = new Set([
  'vovh6sdmpnwjrriqcc7rdxs01lwhzfr3', 'n1pcdw3m2b1tfjhoay2ml736p2vcuc47', 'bf3c199c2470cb477d907b1e0917c17b',
  'a?d(g+kbpeshvmyq3t6w9z$c&f)j@ncr', '2b7e151628aed2a6abf7158809cf4f3c',
  '404e635266556a586e3272357538782f413f4428472b4b6250645367566b5970', '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
]);

const ROWS = ['0123456789abcdefghijklmnopqrstuvwxyz', '1234567890qwertyuiopasdfghjklzxcvbnm', '1q2w3e4r5t6y7u8i9o0p',
  'qazwsxedcrfvtgbyhnujmikolp'];
const LEET: Record<string, string> = { 0: 'o', 1: 'l', 3: 'e', 4: 'a', 5: 's', $: 's', '@': 'a', '!': 'i' };
const RUN = 4;
/** What a letter of a written word is worth. */
const WORD_BITS = 1.5;

/** About how many bits somebody has to guess, at most: what repeats, runs along the alphabet or a keyboard, or is a word counts little. */
export function secretBits(secret: string): number {
  const text = secret.toLowerCase();
  if (EXAMPLES.has(text)) return 0;
  const known = new Set([...wordsIn(text), ...wordsIn(text.replace(/[0-9$@!]/g, (digit) => LEET[digit] ?? digit)), ...runsIn(text),
    ...repeatsIn(text)]);
  const left = [...secret].filter((_, at) => !known.has(at));
  const counts = new Map<string, number>();
  for (const one of left) counts.set(one, (counts.get(one) ?? 0) + 1);
  const each = [...counts.values()].reduce((bits, count) => bits - (count / left.length) * Math.log2(count / left.length), 0);
  const written = (left.join('').match(/[A-Z]?[a-z]{4,}|[A-Z]{5,}/g) ?? []).filter((run) => /[g-z]/i.test(run)).join('').length;
  return (left.length - written) * each + written * Math.min(each, WORD_BITS);
}

function* wordsIn(text: string): Iterable<number> {
  for (const { 0: word, index } of text.matchAll(WORDS)) for (let at = index; at < index + word.length; at += 1) yield at;
}

/** 4321, asdf, 0011, 0a0b0c: each within a step of the one before it, or of the one before that. */
function* runsIn(text: string): Iterable<number> {
  const near = (at: number, back: number): boolean => at >= back &&
    (text[at] === text[at - back] || ROWS.some((row) => {
      const [here, there] = [row.indexOf(text[at]!), row.indexOf(text[at - back]!)];
      return here >= 0 && there >= 0 && Math.abs(here - there) <= 1;
    }));
  for (const back of [1, 2]) {
    let length = 0;
    for (let at = 0; at <= text.length; at += 1) {
      if (at < text.length && near(at, back)) length += 1;
      else {
        if (length >= RUN) for (let past = at - length; past < at; past += 1) yield past;
        length = 0;
      }
    }
  }
}

function* repeatsIn(text: string): Iterable<number> {
  for (let at = 1; at + RUN <= text.length; at += 1) {
    const before = text.slice(0, at + RUN - 1).includes(text.slice(at, at + RUN));
    if (before) for (let past = at; past < at + RUN; past += 1) yield past;
  }
}
