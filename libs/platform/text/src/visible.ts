/** Scripts in which a joiner or non-joiner between letters is spelling: Persian, Urdu, the languages of India and their neighbours. */
const JOINING = ['Arabic', 'Syriac', 'Nko', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu',
  'Kannada',
  'Malayalam', 'Sinhala', 'Khmer', 'Myanmar', 'Tibetan'].map((script) => `\\p{Script=${script}}`).join('');
const EMOJI = '\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f';

/** What shows nothing, each kind but where its neighbours need it. */
const HIDDEN = new RegExp([
  `(?<![${JOINING}])\\u200c`, `\\u200c(?![${JOINING}])`,
  `(?<![${JOINING}${EMOJI}])\\u200d`, `(?<=[${EMOJI}])\\u200d(?!\\p{Extended_Pictographic})`,
  '(?<![\\p{Emoji}\\p{Extended_Pictographic}])[\\ufe0e\\ufe0f]', '(?<![\\p{Script=Han}\\p{Sm}])[\\ufe00-\\ufe0d]',
  '(?<!\\p{Script=Han})[\\u{e0100}-\\u{e01ef}]', '(?<!\\p{Script=Mongolian})[\\u180b-\\u180d\\u180f]',
  '(?![\\u200c\\u200d\\ufe00-\\ufe0f\\u180b-\\u180d\\u180f\\u{e0100}-\\u{e01ef}])[\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb]',
].join('|'), 'gu');

const ANY = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u;

/**
 * The text as a reader sees it: without tags, bidi controls, zero-width characters and selectors, in which a document or a name can say
 * to a model what no person reads, or look like another one. Joiners of emoji and of scripts that are spelled with them stay.
 */
export function visible(text: string): string {
  return ANY.test(text) ? text.replace(HIDDEN, '') : text;
}
