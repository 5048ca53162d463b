import { stripVTControlCharacters } from 'node:util';
import { readableLine } from './readable-lines.js';

const read = (fields: object): string => stripVTControlCharacters(readableLine(`${JSON.stringify(fields)}\n`));

describe('lines for a terminal', () => {
  it('say when, how bad, who and what, and the facts beside it', () => {
    expect(read({ level: 'warn', time: '2026-01-02T03:04:05.678Z', context: 'search', requestId: 'r', tenantId: 't', pages: 3,
      name: 'a b.pdf', message: 'file has no text' })).toBe('03:04:05 warn  search     file has no text  pages=3 name="a b.pdf"\n');
  });

  it('show what an error says, and its stack below', () => {
    expect(read({ level: 'error', time: '2026-01-02T03:04:05.678Z', context: 'edge', message: 'failed',
      error: { message: 'it broke', stack: 'Error: it broke\n  at x' } }))
      .toBe('03:04:05 error edge       failed  error="it broke"\nError: it broke\n  at x\n');
  });

  it('leave alone what is no line of the log', () => expect(readableLine('plain words\n')).toBe('plain words\n'));
});
