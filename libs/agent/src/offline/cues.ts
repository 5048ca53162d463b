/** What sort of thing a question asks for. */
export type AnswerKind = 'person' | 'time' | 'place' | 'number' | 'measure' | 'reason' | 'way' | 'definition' | 'list' | 'other';

const KINDS: [AnswerKind, RegExp][] = [
  ['way', /\bhow (?:do|can|could|should|would|might) (?:i|we|you|one|they|someone)\b|\bhow to\b|\bwhat (?:is|are) the (?:steps|way|command|procedure)\b|^\s*(?:steps|instructions|guide) (?:to|for)\b|\bwhat (?:do|should|must) i (?:do|run|set|type|call|send)\b/i],
  ['measure', /\bhow (?:much|long|old|far|large|big|tall|high|deep|fast|wide|heavy|hot|cold)\b/i],
  ['number', /\bhow (?:many|often)\b|\bwhat (?:is|was|are|were) the (?:[\w-]+ )?(?:number|amount|percentage|population|price|cost|size|limit|maximum|minimum|total|rate|score|height|length|age)\b|\bwhat (?:number|percent(?:age)?|portion|fraction|proportion)\b/i],
  ['time', /\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time|season)\b|\bin (?:what|which) year\b|\bhow long ago\b/i],
  ['person', /\bwho(?:m|se)?\b|\b(?:what|which) (?:person|man|woman|player|author|king|queen|president|scientist|team|company|organi[sz]ation|group|people)\b|\bwhat (?:is|was) the name of\b/i],
  ['place', /\bwhere\b|\b(?:what|which) (?:city|country|place|state|town|region|river|street|building|location|stadium|county|continent|file|folder|directory)\b/i],
  ['reason', /\bwhy\b|\bwhat (?:is|was|were|are) the (?:reason|cause|purpose)s?\b|\bwhat (?:caused|causes|led to|makes)\b|\bfor what reason\b/i],
  ['list', /\bwhat (?:kinds?|types?|sorts?) of\b|\bwhich (?:\w+ ){0,2}(?:are|were|do|can|exist)\b|\b(?:list|name|enumerate)\b|\bwhat are (?:the|some|all)\b/i],
  ['definition', /^\s*(?:what|who) (?:is|are|was|were) (?:an? |the )?[\w\s'’-]{2,40}\??\s*$|\bwhat does [\w\s'’-]+ (?:mean|stand for)\b|\bdefine\b|\bmeaning of\b|\bwhat is meant by\b/i],
];

/** All that apply: "what is the name of the city" asks for a name and a place. */
export function askedFor(question: string): AnswerKind[] {
  const found = KINDS.filter(([, pattern]) => pattern.test(question)).map(([kind]) => kind);
  return found.length > 0 ? found : ['other'];
}

const NUMBER = /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|half|third|quarter|twice|once|no|none|several|both)\b/i;
/** A year counts nothing. */
const YEAR = /\b(?:1[0-9]{3}|20[0-9]{2})\b/g;
const MEASURE = /(?:[$€£]\s?\d|\d\s?(?:%|°)|(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|hundred|thousand|million|billion|dozen|half))[\s-]?(?:percent|hundred|thousand|million|billion|m|km|cm|mm|met(?:re|er)s?|kilomet(?:re|er)s?|miles?|feet|foot|ft|inch(?:es)?|yards?|acres?|hectares?|square|cubic|k?g|tons?|tonnes?|pounds?|lbs?|[kmgt]i?b|bytes?|bits?|ms|seconds?|s|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies)|degrees?|dollars?|euros?|cents?|usd|eur|kmh|mph|watts?|volts?|[kmg]?hz|tokens?|pages?|characters?)\b)/i;
const TIME = /\b(?:1[0-9]{3}|20[0-9]{2})\b|\b\d{1,2}(?:st|nd|rd|th)? centur|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|spring|summer|autumn|fall|winter|today|yesterday|tomorrow|daily|weekly|monthly|yearly)\b|\b\d+ (?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?)\b|\b\d{1,2}:\d{2}\b|\bbefore|after|during|until|since\b/i;
const NAME = /(?<=[\p{Ll}\p{N},;:"“)]\s)(?:\p{Lu}[\p{L}'’.-]+)/u;
const NAME_ANYWHERE = /\b\p{Lu}[\p{Ll}'’-]+\s+\p{Lu}[\p{Ll}'’-]+/u;
const PLACE = /\b(?:in|at|on|near|from|to|of|across|between|along|under|inside|within|into) (?:the )?(?:[\p{Lu}`./~]|\w+[./]\w+)/u;
const REASON = /\b(?:because|since|due to|owing to|so that|in order to|thus|therefore|hence|as a result|result(?:s|ed)? (?:in|from)|caused?|led to|leads to|so as to|allow(?:s|ed|ing)?|prevent(?:s|ed|ing)?|to (?:avoid|keep|make|ensure|prevent|protect|allow)|otherwise|reason)\b/i;
const WAY = /\b(?:run|set|use|add|create|open|send|start|install|call|click|choose|select|type|write|put|go to|make sure|first|then|next|finally|by \w+ing|via|through|with)\b/i;
const DEFINITION = /\b(?:is|are|was|were|means|refers to|stands for|denotes|called|known as|defined as)\b|\s[—–:]\s/i;

/** 0..1: how well a piece of text can be an answer of the asked sort, whatever it speaks of. */
export function answers(kind: AnswerKind, text: string, isCode: boolean, isItem: boolean): number {
  switch (kind) {
    case 'person':
      return NAME_ANYWHERE.test(text) ? 1 : NAME.test(text) ? 0.8 : 0;
    case 'time':
      return TIME.test(text) ? 1 : 0;
    case 'number':
      return /\d/.test(text) ? 1 : NUMBER.test(text) ? 0.8 : 0;
    case 'measure':
      return MEASURE.test(text) ? 1 : NUMBER.test(text.replace(YEAR, '')) ? 0.4 : 0;
    case 'place':
      return PLACE.test(text) ? 1 : NAME.test(text) ? 0.5 : 0;
    case 'reason':
      return REASON.test(text) ? 1 : 0;
    case 'way':
      return isCode ? 1 : (isItem ? 0.3 : 0) + (WAY.test(text) ? 0.6 : 0);
    case 'definition':
      return DEFINITION.test(text) ? 1 : 0;
    case 'list':
      return isItem ? 1 : (text.match(/,/g)?.length ?? 0) >= 2 ? 0.8 : 0;
    case 'other':
      return 0;
  }
}
