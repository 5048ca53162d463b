/**
 * Roughly how many model tokens a text takes, without a tokeniser: a token per 4 characters of Latin text, per 2 of other alphabets
 * and about one per character of Chinese, Japanese and Korean. For budgets and chunk sizes, not for bills of a known model.
 */
export function estimateTokens(text: string): number {
  let quarters = 0;
  for (let at = 0; at < text.length; at++) quarters += quartersOf(text.charCodeAt(at));
  return Math.ceil(quarters / 4);
}

/** Where a stretch of `tokens` that begins at `start` ends, never inside a surrogate pair. */
export function endOfTokens(text: string, start: number, tokens: number): number {
  let at = start;
  for (let quarters = 0; at < text.length && quarters < tokens * 4; at++) quarters += quartersOf(text.charCodeAt(at));
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code < 0xe000 ? at + 1 : at;
}

function quartersOf(code: number): number {
  return code < 0x250 ? 1 : code < 0x2e80 ? 2 : 4;
}
