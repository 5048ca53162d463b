/** Signs of Word's picture fonts that say something, by the low byte of their code. */
const FONTS: [RegExp, Record<number, string>][] = [
  [/^wingdings$/i, { 0x6c: '•', 0x6e: '▪', 0x6f: '☐', 0x71: '☐', 0x72: '☐', 0x78: '☒', 0xa1: '○', 0xa7: '▪', 0xa8: '☐', 0xd8: '➢',
    0xdf: '←',
    0xe0: '→', 0xfb: '✗', 0xfc: '✓', 0xfd: '☒', 0xfe: '☑' }],
  [/^wingdings 2$/i, { 0x2a: '☐', 0x4f: '✗', 0x50: '✓', 0x51: '☒', 0x52: '☑', 0x53: '☒', 0x54: '☒', 0x9f: '•', 0xa3: '☐' }],
  [/^webdings$/i, { 0x61: '✓', 0x63: '☐', 0x67: '■', 0x72: '✗' }],
  [/^zapf ?dingbats|^itc zapf/i, { 0x33: '✓', 0x34: '✓', 0x36: '✗', 0x37: '✗', 0x38: '✗', 0x6e: '■', 0x6f: '☐', 0x71: '☐' }],
];

const SYMBOL_LETTERS = 'abcdefghijklmnopqrstuvwxyzDFGLPQSWXY';
const GREEK_LETTERS = 'αβχδεφγηιϕκλμνοπθρστυϖωξψζΔΦΓΛΠΘΣΩΞΨ';
const SYMBOL: Record<number, string> = { 0xa3: '≤', 0xa5: '∞', 0xae: '→', 0xb0: '°', 0xb1: '±', 0xb3: '≥', 0xb4: '×', 0xb6: '∂', 0xb7: '•',
  0xb8: '÷', 0xb9: '≠', 0xbb: '≈', 0xce: '∈', 0xd1: '∇', 0xd6: '√', 0xe5: '∑', 0xf2: '∫' };

export function isPictureFont(font: string | undefined): boolean {
  return font !== undefined && (font.toLowerCase() === 'symbol' || FONTS.some(([name]) => name.test(font)));
}

/** What the sign of a code means in a font; nothing where it is only an ornament. */
export function symbolText(font: string, code: number): string {
  const low = code & 0xff;
  if (font.toLowerCase() === 'symbol') {
    const letter = SYMBOL_LETTERS.indexOf(String.fromCharCode(low));
    return letter >= 0 ? GREEK_LETTERS[letter]! : SYMBOL[low] ?? String.fromCharCode(low);
  }
  const found = FONTS.find(([name]) => name.test(font));
  return found ? found[1][low] ?? '' : String.fromCodePoint(code);
}

/** Text typed in such a font. */
export function textInFont(font: string, text: string): string {
  return [...text].map((sign) => (sign === ' ' ? ' ' : symbolText(font, sign.codePointAt(0)!))).join('');
}
