import { Type } from 'class-transformer';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { AppError, isId } from '#platform/core';

/** One page of a list. `nextCursor` is opaque; null means that there is no more. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Query parameters of every list. */
export class PageQuery {
  /** How many items, 1 to 100. */
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(100)
  limit: number = 20;

  /** `nextCursor` of the page before. */
  @IsOptional() @IsString() @MaxLength(1_000)
  cursor?: string;
}

/** A moment that Postgres has, too: four digits of a year, and a day of that month. */
function isTime(value: unknown): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)[T ]\d\d:\d\d/.exec(String(value)) ?? [];
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return typeof value === 'string' && Number(year) > 0 && Number(day) <= lastDay && !Number.isNaN(Date.parse(value));
}

/** What a part of a sort key may be. A cursor that says otherwise was not given out by this list. */
const PARTS = {
  id: isId,
  time: isTime,
  number: (value: unknown) => Number.isSafeInteger(value) && Math.abs(value as number) < 2 ** 31,
  text: (value: unknown) => typeof value === 'string',
};

type CursorPart = keyof typeof PARTS;

/** The sort key of a list, most significant first: property of the row -> what it is. The last part tells rows apart. */
type SortKey<Row> = { [property in keyof Row]?: CursorPart };

/**
 * The sort key of the last item of a page, as opaque text. Unsigned on purpose: it only says where in the caller's own, walled list to
 * go on, so a forged one shows nothing that a list of the same tenant would not show.
 */
export function encodeCursor(parts: unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * A page of what `read` finds. It is given the sort key of the last row before (nothing at the first page) and how many rows to read: one
 * more than is shown, which only tells that there is a next page.
 * @example `pageOf(page, { version: 'number' }, ({ version }, limit) => this.db.query<Row>(HISTORY, [version, limit]), toVersion)`
 */
export async function pageOf<Row extends object, Item>(
  { limit, cursor }: PageQuery,
  key: SortKey<NoInfer<Row>>,
  read: (after: Partial<Row>, limit: number) => Promise<Row[]>,
  item: (row: Row) => Item,
): Promise<Page<Item>> {
  const rows = await read(cursor ? decodeCursor(cursor, key) : {}, limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(item), nextCursor: last ? encodeCursor(Object.keys(key).map((name) => last[name as keyof Row])) : null };
}

const PART_OF_COLUMN: Record<string, CursorPart> = { uuid: 'id', timestamptz: 'time', int: 'number', text: 'text' };

/**
 * A page of the entities that `query` selects, in the order of their ids (that of their making, newest first) unless `order` names other
 * properties, all of them in one direction.
 * @example `paged(this.db.repo(FactRow).createQueryBuilder('fact'), page, toFact, { createdAt: 'DESC', id: 'DESC' })`
 */
export function paged<Row extends ObjectLiteral, Item>(
  query: SelectQueryBuilder<Row>,
  page: PageQuery,
  item: (row: Row) => Item,
  order: { [property in keyof Row]?: 'ASC' | 'DESC' } = { id: 'DESC' },
): Promise<Page<Item>> {
  const { metadata } = query.expressionMap.mainAlias!;
  const names = Object.keys(order);
  const columns = names.map((name) => `${query.alias}.${name}`);
  const direction = order[names[0]!]!;
  const key = Object.fromEntries(names.map((name) => [name, PART_OF_COLUMN[String(metadata.findColumnWithPropertyName(name)!.type)]]));
  for (const column of columns) query.addOrderBy(column, direction);
  return pageOf(page, key as SortKey<Row>, (after, limit) => {
    const from = Object.values(after);
    if (from.length > 0) query.andWhere(`(${columns.join(', ')}) ${direction === 'DESC' ? '<' : '>'} (:...from)`, { from });
    return query.limit(limit).getMany();
  }, item);
}

function decodeCursor<Row>(cursor: string, key: SortKey<Row>): Partial<Row> {
  const expected = Object.entries<CursorPart>(key as Record<string, CursorPart>);
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const fits = Array.isArray(parts) && parts.length === expected.length && expected.every(([, part], at) => PARTS[part](parts[at]));
    if (fits) return Object.fromEntries(expected.map(([name], at) => [name, parts[at]])) as Partial<Row>;
  } catch {
    /* told below */
  }
  const errors = [{ pointer: '/cursor', detail: 'is not a cursor of this list' }];
  throw new AppError('invalid', 'kernel.cursor', 'The cursor is not one this list gave out. Start again without a cursor.', { errors });
}
