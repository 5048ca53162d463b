import { unitsOf } from './units.js';

const kinds = (text: string): [string, string][] => unitsOf(text, 0, 'Guide').map(({ kind, text: body }) => [kind, body]);

describe('unitsOf', () => {
  it('cuts paragraphs into sentences and joins wrapped lines', () => {
    expect(kinds('One thing is\nsaid here. Another, e.g. this.\n\nA third:')).toEqual([
      ['sentence', 'One thing is said here.'],
      ['sentence', 'Another, e.g. this.'],
      ['lead', 'A third:'],
    ]);
  });

  it('keeps code, items and rows whole', () => {
    expect(kinds('Run:\n\n```sh\nnpm ci\n\nnpm start\n```\n1. first\n   goes on\n2. second\n\n| a | b |\n| --- | --- |\n| 1 ' +
      '| 2 |')).toEqual([
      ['lead', 'Run:'],
      ['code', 'npm ci\n\nnpm start'],
      ['item', '1. first goes on'],
      ['item', '2. second'],
      ['row', 'a | b'],
      ['row', '1 | 2'],
    ]);
  });

  it('knows a command that lost its fence', () => {
    expect(kinds('Start it.\nnpm start\nATOLL_PORT=1 node main.js\nThen wait.')).toEqual([
      ['sentence', 'Start it.'],
      ['code', 'npm start\nATOLL_PORT=1 node main.js'],
      ['sentence', 'Then wait.'],
    ]);
  });

  it('takes headings as context, not as text', () => {
    expect(unitsOf('## Limits\nA file may have 25 MB.', 0, 'Guide'))
      .toMatchObject([{ text: 'A file may have 25 MB.', heading: 'Guide › Limits' }]);
  });
});

describe('unitsOf, on text that lost its marks', () => {
  it('knows programs and tables', () => {
    const found = unitsOf("Any client works:\n\nimport OpenAI from 'openai';\nconst client = new OpenAI({\n  apiKey: " +
      "key,\n});\n\nVariable | What it does | Default |\nPORT | Port of the server. 0 takes any. | 3000 |\n\nThen it is up.", 0, null);
    expect(found.map(({ kind, text }) => [kind, text])).toEqual([
      ['lead', 'Any client works:'],
      ['code', "import OpenAI from 'openai';\nconst client = new OpenAI({\n  apiKey: key,\n});"],
      ['row', 'Variable | What it does | Default'],
      ['row', 'PORT | Port of the server. 0 takes any. | 3000'],
      ['sentence', 'Then it is up.'],
    ]);
  });

  it('tells the comment above a command from a heading', () => {
    expect(unitsOf('Start it:\n\n# the search pod\nATOLL_CONTEXTS=search node main.js\n\n# Limits\nA file may have 25 MB.', 0, null)
      .map(({ kind, text, heading }) => [kind, text, heading])).toEqual([
      ['lead', 'Start it:', ''],
      ['code', '# the search pod\nATOLL_CONTEXTS=search node main.js', ''],
      ['sentence', 'A file may have 25 MB.', 'Limits'],
    ]);
  });

  it('takes prose for prose', () => {
    for (const text of ['Note: this is so.\nAnd that too.', 'He said: yes.', 'One line; another one.',
      'A list of (a) things, {b} and [c].']) {
      expect(unitsOf(text, 0, null).every(({ kind }) => kind === 'sentence')).toBe(true);
    }
  });
});
