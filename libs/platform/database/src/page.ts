import { Type } from 'class-transformer';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { type CursorPart, decodeCursor, encodeCursor } from './cursor.js';

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

/** The sort key of a list, most significant first: property of the row -> what it is. The last part tells rows apart. */
type SortKey<Row> = { [property in keyof Row]?: CursorPart };

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
  const names = key as Record<string, CursorPart>;
  const rows = await read(cursor ? decodeCursor(cursor, names) as Partial<Row> : {}, limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const place = (row: Row): Record<string, unknown> => Object.fromEntries(Object.keys(names).map((name) => [name, row[name as keyof Row]]));
  return { items: shown.map(item), nextCursor: last ? encodeCursor(place(last)) : null };
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
