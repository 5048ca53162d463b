import { dayIn } from '#platform/core';
import { dayRange } from './days.js';

describe('days of a report', () => {
  it('are the tenant’s own', () => {
    const at = new Date('2026-03-31T23:30:00Z');
    expect(dayIn('UTC', at)).toBe('2026-03-31');
    expect(dayIn('Asia/Kathmandu', at)).toBe('2026-04-01');
    expect(dayIn('America/Los_Angeles', new Date('2026-04-01T06:59:00Z'))).toBe('2026-03-31');
  });

  it('end today and are thirty unless told', () => {
    const { from, to, days } = dayRange({}, '2026-03-01');
    expect({ from, to, length: days.length, first: days[0], last: days.at(-1) })
      .toEqual({ from: '2026-01-31', to: '2026-03-01', length: 30, first: '2026-01-31', last: '2026-03-01' });
  });

  it('count leap days once and summer time not at all', () => {
    expect(dayRange({ from: '2028-02-28', to: '2028-03-01' }, 'x').days).toEqual(['2028-02-28', '2028-02-29', '2028-03-01']);
    expect(dayRange({ from: '2026-03-28', to: '2026-03-30' }, 'x').days).toHaveLength(3);
  });

  it.each([
    [{ from: '2026-02-01', to: '2026-01-31' }],
    [{ from: '2024-01-01', to: '2026-01-01' }],
    [{ from: '2026-02-30', to: '2026-03-02' }],
    [{ from: '01.02.2026' }],
    [{ to: 'tomorrow' }],
    [{ to: '2026-1-1' }],
  ])('refuse %p', (range) => expect(() => dayRange(range, '2026-06-01')).toThrow(/ISO days/));
});
