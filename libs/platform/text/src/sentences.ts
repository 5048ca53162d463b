export interface Sentence {
  /** UTF-16 offsets into the text, end exclusive, without the white space around. */
  start: number;
  end: number;
  text: string;
}

/** Words before a dot that does not end a sentence. */
const ABBREVIATIONS = new Set(
  ('mr mrs ms dr prof sr jr st vs etc e.g i.e eg ie cf al fig figs eq eqs ref refs no nos vol vols pp ed eds inc ltd co corp dept est ' +
    'approx ca ext tel fax max min apt ave blvd rd sec ch par excl incl '
    + 'jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun gen col lt sgt capt rev hon gov sen rep pres u.s ' +
      'u.k u.n d.c a.m p.m ph.d '
    + 'bzw z.b d.h u.a usw ggf ca nr str abs art vgl bspw evtl inkl zzgl exkl '
    + 'ziff kap abb tab bd mind mio mrd std sog geb gest i.d.r z.t o.ä u.u '
    + 'sra srta ud uds dra pág núm av art m mm mme mlle env p.ex p.ej tél hab éd chap apdo cap '
    + 'г ул т.е т.д т.п т.к др им см стр рис табл руб тыс млн млрд').split(' '),
);

const END = /[.!?…。！？｡؟।]+["'”“’»）)\]]*/gu;
/** A blank line, and a line that starts a list item, a heading or a table row, end a sentence; a wrapped line does not. */
const BREAK = /\n[ \t]*(?=\n)|\n(?=[ \t]*(?:[-*+•–] |#{1,6} |\d{1,3}[.)] |\|))/g;

/** The sentences of a text, in order, in whatever language: dots of abbreviations, initials, decimals and file names end none. */
export function sentences(text: string): Sentence[] {
  const cuts = new Set<number>([text.length]);
  for (const match of text.matchAll(BREAK)) cuts.add(match.index);
  for (const match of text.matchAll(END)) {
    const end = match.index + match[0].length;
    if (endsSentence(text, match.index, end, match[0])) cuts.add(end);
  }
  const found: Sentence[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const piece = text.slice(from, cut);
    const body = piece.trim();
    if (body !== '') {
      const start = from + piece.length - piece.trimStart().length;
      found.push({ start, end: start + body.length, text: body });
    }
    from = cut;
  }
  return found;
}

function endsSentence(text: string, at: number, end: number, mark: string): boolean {
  if (/[。！？｡]/u.test(mark)) return !isInsideQuotes(text.slice(Math.max(0, at - 60), at));
  const after = text.slice(end, end + 24);
  if (after !== '' && !/^\s/u.test(after)) return false;
  const next = after.trimStart();
  if (mark[0] !== '.' || mark.startsWith('..')) return next === '' || !/^\p{Ll}/u.test(next);
  const before = /[\p{L}\p{N}.]*$/u.exec(text.slice(Math.max(0, at - 24), at))![0].toLowerCase();
  if (ABBREVIATIONS.has(before)) return next === '' && /^\s*$/.test(text.slice(end));
  if (/^\p{L}$/u.test(before)) return next === '';
  if (/^\p{N}{1,3}$/u.test(before) && (lineStart(text, at - before.length) || isOrdinal(text, at - before.length, next))) return false;
  return next === '' || !/^\p{Ll}/u.test(next);
}

const MONTHS = new Set(['de', 'da', 'nb', 'fi', 'tr'].flatMap((language) => Array.from({ length: 12 }, (_, month) =>
  new Intl.DateTimeFormat(language, { month: 'long' }).format(new Date(2000, month, 2)).toLowerCase())));
const COUNTED = /^(?:jahrhundert|jahrtausend|lebensjahr|jahr|monat|tag|woche|quartal|mal|platz|stock|klasse|auflage|kapitel)/;
const BEFORE_ORDINAL = /(?:^|[\s(])(?:am|der|die|das|dem|den|des|zum|zur|im|vom|bis|ab|seit|beim|jede[nmrs]?|(?:ihr|sein|mein|unser)(?:e[nmrs]?)?)\s+$/i;

/** German and its neighbours write ordinals with a dot: "am 31. Januar", "der 3. Stock". */
function isOrdinal(text: string, at: number, next: string): boolean {
  const word = /^\p{L}+/u.exec(next)?.[0].toLowerCase() ?? '';
  return MONTHS.has(word) || COUNTED.test(word) || (word !== '' && BEFORE_ORDINAL.test(text.slice(Math.max(0, at - 12), at)));
}

/** The marks of a title or quotation that goes on: 《Run! Again》. */
function isInsideQuotes(before: string): boolean {
  return ['《》', '「」', '『』'].some(([open, close]) => before.lastIndexOf(open!) > before.lastIndexOf(close!));
}

/** `12. Item` at the start of a line is a number of a list, not a sentence. */
function lineStart(text: string, at: number): boolean {
  return /(^|\n)[ \t]*$/.test(text.slice(Math.max(0, at - 40), at));
}
