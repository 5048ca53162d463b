import { idf, rankByBm25, saturation } from './bm25.js';
import { isFunctionWord, isStopWord, languageOf, stem } from './language.js';
import { sentences } from './sentences.js';
import { termSpans, terms } from './terms.js';
import { endOfTokens, estimateTokens } from './tokens.js';
import { words } from './words.js';

const texts = (text: string): string[] => words(text).map((word) => word.text);

describe('words', () => {
  it.each([
    ['Plain words, and MORE.', ['plain', 'words', 'and', 'more']],
    ["The plane's wing; l'avion; don't", ['the', 'plane', 'wing', 'l', 'avion', "don't"]],
    ['e-mail and ATOLL_DATA_DIR', ['e', 'mail', 'email', 'and', 'atoll', 'data', 'dir', 'atolldatadir']],
    ['indexDocument HTTPServer iPhone', ['index', 'document', 'indexdocument', 'http', 'server', 'httpserver', 'iphone']],
    ['1,000 and 1000, 3.14, v1.2.3', ['1000', 'and', '1000', '3.14', 'v1', '2', '3']],
    ['Straße café ﬁne Ａ１', ['straße', 'café', 'fine', 'a1']],
    ['университетами الجامعات', ['университетами', 'الجامعات']],
    ['東京都 is big', ['東京', '京都', 'is', 'big']],
    ['Node版本', ['node', '版本']],
    ['🛳️ is the 👩‍💻 sign ©', ['🛳', 'is', 'the', '👩‍💻', 'sign']],
    ['', []],
    ['... --- !!!', []],
  ])('of %j', (text, expected) => expect(texts(text)).toEqual(expected));

  it('stand where they say', () => {
    const text = "It's the 東京都 HTTPServer's e-mail 🛳️ ferry, naïve.";
    for (const { text: word, start, end } of words(text)) {
      expect(text.slice(start, end).normalize('NFKC').toLowerCase().replace(/[-'’s]/gu, '')).toContain(word.replace(/[-'’s]/gu, ''));
    }
  });
});

describe('terms', () => {
  it('meet over inflections, in several languages', () => {
    expect(terms('running runners', 'en')[0]).toBe(terms('runs', 'en')[0]);
    expect(terms('die Häuser der Städte', 'de')).toEqual(terms('Haus Stadt', 'de').map((one) => expect.stringContaining(one.slice(0, 4))));
    expect(terms('las canciones', 'es')).toEqual(terms('canción', 'es'));
    expect(terms('университетами', 'ru')).toEqual(terms('университет', 'ru'));
  });

  it('leave stop words out and keep places', () => {
    const text = 'Where is the harbour?';
    expect(termSpans(text).map(({ start, end }) => text.slice(start, end))).toEqual(['harbour']);
  });

  it.each([
    ['Where is the next bus stop and when does it leave?', 'en'],
    ['¿Dónde está la próxima parada del autobús y cuándo sale?', 'es'],
    ['Wo ist die nächste Haltestelle und wann fährt der Bus ab?', 'de'],
    ['Где находится следующая остановка?', 'ru'],
    ['أين محطة الحافلات القادمة', 'ar'],
    ['下一个公共汽车站在哪里', 'und'],
    ['Rams, Chargers, Lakers, Clippers of Los Angeles and of the city', 'en'],
    ['Quand finit la période ?', 'fr'],
    ['Qui dirige Acme ?', 'fr'],
    ['Quantos dias tenho?', 'pt'],
    ['Was kostet das?', 'de'],
    ['Was kostet Kardamom?', 'de'],
    ['Was kosten Haselnüsse?', 'de'],
    ['Was that the harbour?', 'en'],
    ['Why Redis?', 'en'],
    ['🛳️?', null],
    ['invoice total', null],
  ])('language of %j', (text, language) => expect(languageOf(words(text))).toBe(language));

  const pairs = [['died', 'die'], ['heard', 'hear'], ['children', 'child'], ['went', 'going']] as const;
  it.each(pairs)('meet where no ending tells: %s and %s', (one, other) => {
    expect(stem(one, 'en')).toBe(stem(other, 'en'));
    expect(stem('founded', 'en')).not.toBe(stem('find', 'en'));
  });

  it('know the function words of every language', () => {
    const known = { en: 'a an', de: 'viele wer beim', fr: 'a plus quel', es: 'cuánto dónde', it: 'quanto nessuno',
      pt: 'quanto há', nl: 'hoeveel wie',
      sv: 'vad många', da: 'hvad mange', no: 'hva mange', fi: 'mikä kuinka', tr: 'ne kaç', ru: 'какой сколько', ar: 'أين كم' } as const;
    for (const [language, list] of Object.entries(known)) for (const word of list.split(' '))
      expect([word, isFunctionWord(word, language as 'en')]).toEqual([word, true]);
    expect(['的首', '什么', '首都'].map((pair) => isFunctionWord(pair, 'und'))).toEqual([true, true, false]);
  });

  it('never stem to nothing', () => {
    for (const word of ['s', 'ing', 'ed', 'я', 'ال', 'e']) for (const language of ['en', 'ru', 'ar', 'de'] as const)
      expect(stem(word, language)).not.toBe('');
    expect(isStopWord('the', 'en')).toBe(true);
  });
});

describe('sentences', () => {
  const of = (text: string): string[] => sentences(text).map((one) => one.text);

  it.each([
    ['One. Two! Three?', ['One.', 'Two!', 'Three?']],
    ['Dr. Smith paid 3.50 euros, e.g. for tea. He left.', ['Dr. Smith paid 3.50 euros, e.g. for tea.', 'He left.']],
    ['See README.md and v1.2.3 first. Then start.', ['See README.md and v1.2.3 first.', 'Then start.']],
    ['A line\nthat wraps. Next.\n\nNew paragraph without end', ['A line\nthat wraps.', 'Next.', 'New paragraph without end']],
    ['- one\n- two', ['- one', '- two']],
    ['1. First step\n2. Second step', ['1. First step', '2. Second step']],
    ['Am 31. Januar endet es. Im 3. Stock auch.', ['Am 31. Januar endet es.', 'Im 3. Stock auch.']],
    ['Es waren 31. Dann kam er.', ['Es waren 31.', 'Dann kam er.']],
    ['Call ext. 4711 first. Then wait.', ['Call ext. 4711 first.', 'Then wait.']],
    ['今天很好。明天呢？', ['今天很好。', '明天呢？']],
    ['《跑！再跑》是什么？好。', ['《跑！再跑》是什么？', '好。']],
    ['Er sagte: „Gut.“ Dann ging er.', ['Er sagte: „Gut.“', 'Dann ging er.']],
    ['J. R. Tolkien wrote it. It sold.', ['J. R. Tolkien wrote it.', 'It sold.']],
    ['', []],
  ])('of %j', (text, expected) => expect(of(text)).toEqual(expected));

  it('stand where they say and lose no word', () => {
    const text = 'First one.  Second, e.g. this? "Third!" he said.\n\n- item a\n- item b';
    for (const { text: sentence, start, end } of sentences(text)) expect(text.slice(start, end)).toBe(sentence);
    expect(of(text).join(' ').replace(/\s+/g, ' ')).toBe(text.replace(/\s+/g, ' '));
  });
});

describe('BM25', () => {
  it('ranks the passage that holds the rare word first', () => {
    const passages = ['the ferry leaves at nine', 'the crane is green',
      'the ferry and the crane and the ferry'].map((text) => terms(text, 'en'));
    const [first, second, third] = rankByBm25(terms('green crane', 'en'), passages);
    expect(second).toBeGreaterThan(third!);
    expect(third).toBeGreaterThan(first!);
  });

  it('never counts a word for less than nothing, and saturates', () => {
    expect(idf(10, 10)).toBeGreaterThan(0);
    expect(saturation(100, 100, 100)).toBeLessThan(2.2);
    expect(saturation(2, 100, 100)).toBeGreaterThan(saturation(1, 100, 100));
  });
});

describe('tokens', () => {
  it('are guessed by script', () => {
    expect(estimateTokens('four')).toBe(1);
    expect(estimateTokens('東京')).toBe(2);
  });

  it('end outside of surrogate pairs', () => {
    const text = '🛳️'.repeat(50);
    for (let tokens = 1; tokens < 20; tokens++) expect(text.slice(0, endOfTokens(text, 0, tokens)).isWellFormed()).toBe(true);
  });
});
