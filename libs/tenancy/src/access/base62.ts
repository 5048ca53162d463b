const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const VALUE = new Map([...DIGITS].map((digit, value) => [digit, BigInt(value)]));

/** Characters that `bytes` bytes take: always the same number, so that a credential's parts have fixed lengths. */
export function base62Length(bytes: number): number {
  return Math.ceil((bytes * 8) / Math.log2(62));
}

export function toBase62(bytes: Uint8Array): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
  let text = '';
  while (rest > 0n) {
    text = DIGITS[Number(rest % 62n)]! + text;
    rest /= 62n;
  }
  return text.padStart(base62Length(bytes.length), '0');
}

/** The `length` bytes that `text` stands for, or undefined when it stands for none: wrong length, foreign characters, too large. */
export function fromBase62(text: string, length: number): Buffer | undefined {
  if (text.length !== base62Length(length)) return undefined;
  let value = 0n;
  for (const digit of text) {
    const worth = VALUE.get(digit);
    if (worth === undefined) return undefined;
    value = value * 62n + worth;
  }
  const hex = value.toString(16).padStart(length * 2, '0');
  return hex.length === length * 2 ? Buffer.from(hex, 'hex') : undefined;
}
