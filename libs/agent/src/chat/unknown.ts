/** How a model says, in the languages its tenants are likely to ask in, that the documents do not answer. */
const UNKNOWN = new RegExp(
  [
    String.raw`\b(?:do not|don['’]t|does not|doesn['’]t|did not|didn['’]t|cannot|can['’]t|could not|couldn['’]t|not able to|unable to) ` +
      String.raw`(?:know|find|say|tell|answer|contain|mention|provide|include|have (?:any |enough )?information)\b`,
    String.raw`\bno (?:information|mention|passage|document|answer)\b|\bnot (?:mentioned|stated|specified|covered|known|found)\b`,
    String.raw`\b(?:weiß (?:es |das )?(?:ich )?nicht|nicht (?:gefunden|enthalten|erwähnt|bekannt))\b`,
    String.raw`\bkeine (?:information|angabe|antwort)(?:en)?\b`,
    String.raw`\bje ne (?:sais|trouve|peux) pas\b|\baucune? (?:information|mention|réponse)\b`,
    String.raw`\bn['’](?:est|a) pas (?:mentionné|été trouvé|précisé)`,
    String.raw`\bno (?:lo )?(?:sé|encuentro|encontré|puedo|se menciona|hay información)|\bnão (?:sei|encontr\w+|há informa\w+)`,
    String.raw`\bnon (?:lo )?(?:so|trovo)\b|\bik weet (?:het )?niet\b|не (?:знаю|нашёл|нашел|указано|найдено)`,
  ].join('|'),
  'iu',
);

/** For answers without a citation only: what cites a passage answers from it, whatever else it says. */
export function saysUnknown(answer: string): boolean {
  return UNKNOWN.test(answer.slice(0, 600));
}
