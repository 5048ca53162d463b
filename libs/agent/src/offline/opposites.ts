/** Pairs of which a passage on one says nothing about the other, as they begin once words are folded. */
const OPPOSITES = [
  'parttime/fulltime teilzeit/vollzeit partiel/plein parcial/completa minimum/maximum minimal/maximal domestic/international',
  'inland/ausland inländisch/ausländisch weekday/weekend werktag/wochenende temporary/permanent befristet/unbefristet internal/external',
  'intern/extern paid/unpaid bezahlt/unbezahlt monthly/yearly monthly/annual weekly/monthly daily/weekly monatlich/jährlich',
  'arrival/departure ankunft/abfahrt import/export incoming/outgoing upper/lower online/offline public/private öffentlich/privat',
  'single/double male/female adult/child erwachsene/kinder summer/winter sommer/winter buy/sell kauf/verkauf morning/evening entry/exit',
  'indoor/outdoor',
].flatMap((line) => line.split(' ')).map((pair) => pair.split('/') as [string, string]);

/** Whether a text speaks of the opposite of what is asked, and not of it: full-time where part-time was asked. */
export function contradicts(asked: readonly string[], said: readonly string[], heading: string): boolean {
  const above = heading.toLowerCase();
  return OPPOSITES.some(([one, other]) => {
    const [has, hasOther] = [holds(asked, one), holds(asked, other)];
    if (has === hasOther) return false;
    const [wanted, opposite] = has ? [one, other] : [other, one];
    const isSaid = (word: string): boolean => above.includes(word) || holds(said, word);
    return isSaid(opposite) && !isSaid(wanted);
  });
}

function holds(words: readonly string[], start: string): boolean {
  return words.some((word) => word.startsWith(start));
}
