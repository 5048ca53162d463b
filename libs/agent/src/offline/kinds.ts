/** What sort of thing a question asks for. */
export type AnswerKind = 'person' | 'time' | 'number' | 'place' | 'reason' | 'way' | 'definition' | 'list';

const asks = (...parts: string[]): RegExp => new RegExp(parts.join('|'), 'iu');

const KINDS: [AnswerKind, RegExp][] = [
  ['person', asks(
    String.raw`\bwho(?:m|se)?\b|\b(?:what|which) (?:person|man|woman|player|author|king|queen|president|company|team|organi[sz]ation)\b`,
    String.raw`\bwhat (?:is|was) the name of\b|\bw(?:er|em|en|essen)\b|\bqui\b|\bquién(?:es)?\b|\bchi\b|\bquem\b`,
    String.raw`\bwie (?=is|was|heeft|zijn)|\bvem\b|\bhvem\b|\bkuka\b|\bkim\b|кто|кого|кому|кем|(?<!\p{L})من(?!\p{L})|谁|誰|何人`,
  )],
  ['time', asks(
    String.raw`\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time|season)\b|\bwann\b|\bum wie viel uhr\b`,
    String.raw`\bwelche[mns]? (?:jahr|tag|datum|monat|jahrhundert)|\bquand\b|\bquelle (?:année|date|époque|heure)|\bcuándo\b`,
    String.raw`\bqué (?:año|fecha|día|siglo|hora)|\bquando\b|\bwanneer\b|\bnär\b|\bhvornår\b|\bmilloin\b|ne zaman|когда|каком году|متى`,
    String.raw`[أا]ي (?:عام|سنة|تاريخ)|何时|什么时候|哪一?年|哪天|几[年月点]|いつ|何[年月日時]|何世紀`,
  )],
  ['number', asks(
    String.raw`\bhow (?:many|much|long|old|far|large|big|tall|high|deep|fast|wide|heavy|often|hot|cold)\b`,
    String.raw`\b(?:number|percentage|percent|amount|population|price|cost|size|rate|limit|maximum|minimum|total)\b`,
    String.raw`\bwie ?viele?\b|\bwie (?:lange?|hoch|groß|alt|weit|oft|teuer|schnell)\b|\bkoste[tn]\b|\bcombien\b`,
    String.raw`\bquel (?:est le )?(?:nombre|pourcentage|prix|montant)|\bcuánt[oa]s?\b|\bquant[oaei]\b|\bquant[oa]s\b|\bhoeveel\b`,
    String.raw`\bhur (?:många|mycket|länge)\b|\bhvor (?:mange|meget|mye|lenge)\b|\bkuinka\b|\bkaç\b|сколько|(?<!\p{L})كم(?!\p{L})|多少`,
    String.raw`几[个次场人名种年岁项天]|多[长大高久远]|いくつ|何[人個本回歳枚件％日]|いくら|どのくらい`,
  )],
  ['place', asks(
    String.raw`\bwhere\b|\b(?:what|which) (?:city|country|place|state|town|region|river|street|building|county|continent|file|folder)\b`,
    String.raw`\bwo(?:hin|her)?\b|\bwelche[mnrs]? (?:stadt|land|ort)|\boù\b|\bquel(?:le)? (?:ville|pays|région)|\bdónde\b|\bdove\b`,
    String.raw`\bonde\b|\bwaar\b|\bvar\b|\bhvor\b|\bmissä\b|\bnerede\b|где|куда|откуда|(?<!\p{L})[أا]ين|哪里|哪儿|哪个(?:国家|城市|地方)`,
    String.raw`在哪|何处|どこ|どの(?:国|都市|地)|何県`,
  )],
  ['reason', asks(
    String.raw`\bwhy\b|\b(?:reason|cause|purpose)s?\b|\bwhat (?:caused|causes|led to|makes)\b|\bwarum\b|\bweshalb\b|\bwieso\b|\bpourquoi\b`,
    String.raw`\bpor qué\b|\bperché\b|\bwaarom\b|\bvarför\b|\bhvorfor\b|\bmiksi\b|\bneden\b|почему|зачем|لماذا|为什么|为何|なぜ|どうして`,
  )],
  ['way', asks(
    String.raw`\bhow (?:do|can|could|should|would|might) (?:i|we|you|one|they|someone)\b|\bhow to\b`,
    String.raw`\bwhat (?:is|are) the (?:steps|way|command|procedure)\b|^\s*(?:steps|instructions|guide) (?:to|for)\b`,
    String.raw`\bwhat (?:do|should|must) i (?:do|run|set|type|call|send)\b|\bwie (?:kann|muss|soll) (?:ich|man|wir)\b|\bcomment\b|\bcómo\b`,
  )],
  ['list', asks(
    String.raw`\bwhat (?:kinds?|types?|sorts?) of\b|\bwhich (?:\w+ ){0,2}(?:are|were|do|can|exist)\b|\b(?:list|enumerate)\b`,
    String.raw`\bwhat are (?:the|some|all)\b|\bwelche\b|\bquels\b|\bcuáles\b`,
  )],
  ['definition', asks(
    String.raw`^\s*(?:what|who) (?:is|are|was|were) (?:an? |the )?[\w\s'’-]{2,40}\??\s*$|\bwhat does [\w\s'’-]+ (?:mean|stand for)\b`,
    String.raw`\bdefine\b|\bmeaning of\b|\bwhat is meant by\b|\bwas (?:ist|bedeutet)\b|\bqu['’]est-ce\b|\bqué es\b`,
  )],
];

/** All that apply: "what is the name of the city" asks for a name and a place. */
export function askedFor(question: string): AnswerKind[] {
  return KINDS.filter(([, pattern]) => pattern.test(question)).map(([kind]) => kind);
}

const NUMERALS = new Set([
  'one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand million billion dozen half',
  'third quarter twice once none both eins zwei drei vier fünf sechs sieben acht neun zehn hundert tausend millionen deux trois quatre',
  'cinq sept huit neuf dix cent mille dos tres cuatro cinco seis siete ocho nueve diez cien mil millones',
].join(' ').split(' '));

/** As dates are written: the month alone, and as it stands behind a day. */
const MONTHS = new Set(['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'da', 'nb', 'fi', 'tr', 'ru', 'ar'].flatMap((language) =>
  Array.from({ length: 12 }, (_, month) => new Date(2000, month, 5)).flatMap((date) => [
    new Intl.DateTimeFormat(language, { month: 'long' }).format(date),
    new Intl.DateTimeFormat(language, { month: 'long', day: 'numeric' }).formatToParts(date).find(({ type }) => type === 'month')!.value,
  ])).map((name) => name.toLowerCase()));

/** A year counts and measures nothing, but not every such number is one. */
const YEAR_COUNTS = 0.3;
const YEAR = /^(?:1\d{3}|20\d\d)$/;
const TIME = /\d\s?年|世紀|世纪|[٠-٩]{4}|\b\d{1,2}:\d{2}\b|\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|daily|weekly|monthly|yearly)\b/iu;
const REASON = new RegExp([
  String.raw`\b(?:because|since|due to|owing|so that|in order|thus|therefore|as a result|caused?|led to|allow(?:s|ed)?|prevent(?:s|ed)?)\b`,
  String.raw`\b(?:weil|wegen|denn|damit|parce|car|afin|grâce|pour|porque|debido|para)\b|потому|из-за|чтобы|لأن|بسبب`,
  '因为|由于|以便|因此|ため|から|ので',
].join('|'), 'iu');
const PLACE = /\b(?:in|at|on|near|from|to|of|à|en|au|aux|dans|zu|nach|aus|bei|im|am)\s+(?:the |la |le |les |der |dem |den |l['’])?(?:\p{Lu}|[`./~]|\w+[./]\w)|[省市县区國国州村町]|в\s\p{Lu}/u;
const WAY = /\b(?:run|set|use|add|create|open|send|start|install|call|click|choose|select|type|write|put|go to|make sure|first|then|next|finally|by \w+ing|via|through|with)\b/i;
const DEFINITION = /\b(?:is|are|was|were|means|refers to|stands for|denotes|called|known as|defined as|ist|sind|bedeutet|est|es)\b|\s[—–:]\s/i;
const DIGIT = /\p{N}|[一二三四五六七八九十百千万两]/u;

/** A word of the text that the question does not say: only such a one can answer it. */
export interface NewWord {
  text: string;
  /** As it is written, and whether it opens the text. */
  written: string;
  first: boolean;
}

/** Whether a text can be an answer of the asked sort, 0..1, whatever it speaks of. */
export function canAnswer(kind: AnswerKind, text: string, news: NewWord[], form: 'code' | 'item' | 'other'): number {
  switch (kind) {
    case 'person':
      return Number(news.some(({ written, first }) => !first && /^\p{Lu}\p{Ll}/u.test(written)));
    case 'time':
      return Number(TIME.test(text) || news.some((word) => YEAR.test(word.text) || MONTHS.has(word.text)));
    case 'number':
      return Math.max(0, ...news.map(({ text: word }) =>
        YEAR.test(word) ? YEAR_COUNTS : Number(DIGIT.test(word) || NUMERALS.has(word))));
    case 'place':
      return Number(PLACE.test(text));
    case 'reason':
      return Number(REASON.test(text));
    case 'way':
      return form === 'code' ? 1 : (form === 'item' ? 0.3 : 0) + (WAY.test(text) ? 0.6 : 0);
    case 'definition':
      return Number(DEFINITION.test(text));
    case 'list':
      return form === 'item' ? 1 : (text.match(/,/g)?.length ?? 0) >= 2 ? 0.8 : 0;
  }
}
