/**
 * Roughly how many model tokens a text takes, without a tokeniser: a token per 4 characters of Latin text, per 2 of other alphabets
 * and about one per character of Chinese, Japanese and Korean. For budgets and chunk sizes, not for bills of a known model.
 */
export function estimateTokens(text: string): number {
  let quarters = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    quarters += code < 0x250 ? 1 : code < 0x2e80 ? 2 : 4;
  }
  return Math.ceil(quarters / 4);
}
