import chardet from 'chardet';

/** A file's text, and the encoding where it was guessed and not told by the file. */
export interface Decoded {
  text: string;
  guessed: string | null;
}

/** By byte order mark, as UTF-16 that has none, as told, as UTF-8 where it is valid; else by what the bytes look most like. */
export function decode(bytes: Uint8Array, told?: string): Decoded {
  const wide = utf16Of(bytes);
  if (wide) return { text: new TextDecoder(wide.label).decode(bytes), guessed: wide.marked ? null : wide.label };
  for (const label of [told, 'utf-8']) {
    const text = label && decoded(bytes, label);
    if (text !== undefined && text !== '') return { text, guessed: null };
  }
  const label = likeliest(sampleOf(bytes));
  return { text: new TextDecoder(label).decode(bytes), guessed: label };
}

/** Text of two bytes a character: by its mark, or by the zeros that half of the bytes of any table or Latin text are. */
export function utf16Of(bytes: Uint8Array): { label: 'utf-16le' | 'utf-16be'; marked: boolean } | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { label: 'utf-16le', marked: true };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { label: 'utf-16be', marked: true };
  const head = bytes.subarray(0, Math.min(bytes.length, 4_096) & ~1);
  const zeros = [0, 0];
  for (let at = 0; at < head.length; at++) if (head[at] === 0) zeros[at & 1]!++;
  const [even, odd] = zeros as [number, number];
  if (Math.max(even, odd) < Math.max(3, head.length * 0.05) || Math.min(even, odd) > Math.max(even, odd) * 0.05) return undefined;
  const label = odd > even ? 'utf-16le' : 'utf-16be';
  const text = decoded(head, label) ?? decoded(head.subarray(0, -2), label);
  return text !== undefined && text !== '' && (text.match(NO_TEXT) ?? []).length < text.length * 0.02 ? { label, marked: false }
    : undefined;
}

const NO_TEXT = /[\u0000-\u0008\u000e-\u001f\p{Co}\p{Cn}\ufffd]/gu;
const SAMPLE = 65_536;

function decoded(bytes: Uint8Array, label: string): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The beginning, to the end of a line, so that no character is cut. */
function sampleOf(bytes: Uint8Array): Uint8Array {
  const end = bytes.length > SAMPLE ? bytes.lastIndexOf(10, SAMPLE) : -1;
  return end > 0 ? bytes.subarray(0, end) : bytes.subarray(0, SAMPLE);
}

/** Encodings that the detector does not know, or finds too seldom in short files. */
const ALSO = ['windows-1252', 'windows-1250', 'windows-1251', 'windows-1257', 'macintosh', 'ibm866', 'gb18030', 'big5', 'euc-kr',
  'windows-874'];
/** What a full confidence of the detector is worth, beside the share of characters that make sense. */
const DETECTOR = 0.5;

/** The encoding in which the bytes read most like a language, weighed with what the statistics of `chardet` say. */
function likeliest(bytes: Uint8Array): string {
  const confidences = new Map<string, number>(ALSO.map((label) => [label, 0]));
  for (const { name, confidence } of chardet.analyse(bytes)) {
    const label = name === 'ISO-8859-1' ? 'windows-1252' : name.toLowerCase();
    if (!/^utf|^ascii|^iso-2022/.test(label)) confidences.set(label, Math.max(confidence / 100, confidences.get(label) ?? 0));
  }
  let best = 'windows-1252';
  let most = -Infinity;
  for (const [label, confidence] of confidences) {
    const text = decoded(bytes, label);
    if (text === undefined) continue;
    const score = sense(text, label, bytes) + DETECTOR * confidence;
    if (score > most) [best, most] = [label, score];
  }
  return best;
}

/** Letters beyond ASCII that languages write together, for encodings that are told apart by nothing else. */
const ALPHABETS: Record<string, string[]> = {
  western: ['äöüß', 'àâæçéèêëîïôœùûüÿ', 'áéíóúüñ', 'ãõâêôáéíóúàç', 'àèéìíòóùú', 'åäöæøé', 'ëïéèöüó', 'áðéíóúýþæö', 'ß'],
  central: ['ąćęłńóśźż', 'áčďéěíňóřšťúůýž', 'áäčďéíĺľňóôŕšťúýž', 'áéíóöőúüű', 'čšžćđ', 'ăâîșțşţ', 'äöüß'],
  baltic: ['ąčęėįšųūž', 'āčēģīķļņšūž', 'äöõüšž'],
  turkish: ['çğıöşüâîû'],
};
const FAMILIES: Record<string, string[]> = { 'windows-1252': ['western'], macintosh: ['western'], 'windows-1250': ['central'],
  'iso-8859-2': ['central'], 'windows-1257': ['baltic'], 'windows-1254': ['turkish', 'western'], 'iso-8859-9': ['turkish', 'western'] };
const SIGNS = /[€£§©®°±²³µ·¼½¾×÷–—‘’‚“”„†•…‹›«»¡¿™ªº\u00a0¢¥|]/u;

/**
 * 1 where every character beyond ASCII makes sense, less where signs stand inside words, capitals behind small letters, or alphabets mix.
 */
function sense(text: string, label: string, bytes: Uint8Array): number {
  const wide = WIDE[label];
  if (wide) return wide(bytes);
  const high = text.match(/[^\x00-\x7f]/gu) ?? [];
  if (high.length === 0) return 1;
  const letters = high.filter((sign) => /\p{L}/u.test(sign));
  const signs = high.filter((sign) => SIGNS.test(sign)).length;
  const odd = high.length - letters.length - signs - (text.match(/\p{M}/gu) ?? []).length;
  const inWords = (text.match(/\p{L}[^\x00-\x7f\p{L}\p{M}’–—·][\p{L}]/gu) ?? []).length;
  const capitals = (text.match(/\p{Ll}(?=[^\x00-\x7f])\p{Lu}|[^\x00-\x7f](?<=\p{Ll})\p{Lu}/gu) ?? []).length;
  const mixed = (text
    .match(/[A-Za-z](?![\u00c0-\u024f])(?=[^\x00-\x7f])\p{L}|(?![\u00c0-\u024f])[^\x00-\x7f](?<=\p{L})[A-Za-z]/gu) ?? []).length;
  return alphabetShare(letters, label) * (letters.length / high.length) + signs / high.length -
    (2 * odd + inWords + 1.5 * capitals + mixed) / high.length;
}

function alphabetShare(letters: string[], label: string): number {
  const alphabets = FAMILIES[label]?.flatMap((family) => ALPHABETS[family]!);
  if (!alphabets || letters.length === 0) return 1;
  const small = letters.map((letter) => letter.toLowerCase());
  return Math.max(...alphabets.map((alphabet) => small.filter((letter) => alphabet.includes(letter)).length)) / letters.length;
}

/** Encodings of two bytes put the common characters together: the share of these tells them from anything else. */
const WIDE: Record<string, (bytes: Uint8Array) => number> = {
  gb18030: (bytes) => share(bytes, 0x81, 0xfe, (lead, trail) => trail >= 0xa1 && ((lead >= 0xb0 && lead <= 0xd7) || (lead >= 0xa1 &&
    lead <= 0xa3))),
  big5: (bytes) => share(bytes, 0x81, 0xfe, (lead, trail) => (lead >= 0xa4 && lead <= 0xc6) || (lead <= 0xa3 && lead >= 0xa1 &&
    trail >= 0x40)) - 0.02,
  // Hangul ends at 0xc8, where four of ten common Chinese characters lie beyond it: a few words without any are Korean.
  'euc-kr': (bytes) => share(bytes, 0x81, 0xfe, (lead, trail) => trail >= 0xa1 && ((lead >= 0xb0 && lead <= 0xc8) || lead === 0xa1)) +
    (bytes.filter((byte) => byte > 0xa0).length >= 14 ? 0.01 : -0.01),
  'euc-jp': (bytes) => share(bytes, 0x8e, 0xfe, (lead) => (lead >= 0xa1 && lead <= 0xa5) || (lead >= 0xb0 && lead <= 0xcf)),
  shift_jis: (bytes) => share(bytes, 0x81, 0xfc, (lead) => (lead >= 0x81 && lead <= 0x83) || (lead >= 0x88 && lead <= 0x97), [0xa0, 0xdf]),
};

/** Pairs that begin above ASCII and fit, of all that do; single bytes of a range stand by themselves and fit nothing. */
function share(bytes: Uint8Array, from: number, to: number, fits: (lead: number, trail: number) => boolean, alone?: [number,
  number]): number {
  let all = 0;
  let fitting = 0;
  for (let at = 0; at < bytes.length; at++) {
    const lead = bytes[at]!;
    if (lead < 0x80) continue;
    all++;
    if (lead < from || lead > to || (alone && lead >= alone[0] && lead <= alone[1])) continue;
    if (fits(lead, bytes[++at] ?? 0)) fitting++;
  }
  return all === 0 ? 1 : fitting / all;
}
