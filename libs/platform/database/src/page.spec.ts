import { randomBytes } from 'node:crypto';
import { Secrets } from '#platform/core';
import { encodeCursor, signCursorsWith } from './cursor.js';
import { pageOf } from './page.js';

describe('a page', () => {
  const ids = [1, 2, 3, 4, 5].map((at) => `01900000-0000-7000-8000-00000000000${at}`);
  const rows = ids.map((id, at) => ({ id, at: new Date(Date.UTC(2026, 0, 1 + at)), place: at, name: `n${at}` }));
  const read = async (after: { id?: string }, limit: number): Promise<typeof rows> =>
    rows.filter(({ id }) => after.id === undefined || id > after.id).slice(0, limit);
  const list = (cursor?: string) => pageOf({ limit: 2, cursor }, { id: 'id' }, read, ({ place }) => place);

  it('goes on behind the last row of the one before, to the end', async () => {
    const first = await list();
    const second = await list(first.nextCursor!);
    expect([first.items, second.items, await list(second.nextCursor!)]).toEqual([[0, 1], [2, 3], { items: [4], nextCursor: null }]);
  });

  it('hands the parts of a sort key on by name, times as text', async () => {
    const seen: object[] = [];
    const key = { at: 'time', place: 'number', name: 'text', id: 'id' } as const;
    const all = (cursor?: string) =>
      pageOf<(typeof rows)[0], string>({ limit: 1, cursor }, key, async (after) => (seen.push(after), rows), ({ id }) => id);
    await all((await all()).nextCursor!);
    expect(seen).toEqual([{}, { at: '2026-01-01T00:00:00.000Z', place: 0, name: 'n0', id: ids[0] }]);
  });

  it.each([
    ['no cursor', 'abc'], ['what an older Atoll gave out', Buffer.from(JSON.stringify([ids[0]])).toString('base64url')],
    ['["x"]', 'WyJ4Il0'], ['[0.5]', 'WzAuNV0'], ['another list', encodeCursor({ id: ids[0], at: 1 })], ['another name',
      encodeCursor({ it: ids[0] })],
    ['no id', encodeCursor({ id: 'x' })], ['a number', encodeCursor({ id: 1 })], ['half', encodeCursor({ id: ids[0] }).slice(0, -2)],
  ])('refuses a cursor with %s in it', async (_what, cursor) => {
    await expect(list(cursor)).rejects.toMatchObject({ code: 'invalid', reason: 'kernel.cursor' });
  });

  it('refuses a cursor of another deployment', async () => {
    const [own, other] = [new Secrets(randomBytes(32)), new Secrets(randomBytes(32))];
    signCursorsWith(other);
    const theirs = encodeCursor({ id: ids[0] });
    signCursorsWith(own);
    await expect(list(theirs)).rejects.toMatchObject({ reason: 'kernel.cursor' });
    expect((await list(encodeCursor({ id: ids[0] }))).items).toEqual([1, 2]);
  });

  it.each([
    [{ at: '2026-02-30T00:00:00.000Z' }, { at: 'time' }], [{ at: '0000-01-01T00:00:00.000Z' }, { at: 'time' }], [{ at: '1' },
      { at: 'time' }],
    [{ at: 'Sat Nov 28 2026 (x)' }, { at: 'time' }], [{ at: '+275760-09-13T00:00:00.000Z' }, { at: 'time' }],
    [{ at: 2 ** 31 }, { at: 'number' }], [{ at: 0.5 }, { at: 'number' }], [{ at: 'a\0' }, { at: 'text' }],
  ] as const)('refuses a cursor with %j, which is more than Postgres takes', async (parts, key) => {
    await expect(pageOf({ limit: 1, cursor: encodeCursor(parts) }, key, async () => [] as { at: string }[], String))
      .rejects.toMatchObject({ code: 'invalid', reason: 'kernel.cursor' });
  });
});
