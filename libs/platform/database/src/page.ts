import { Type } from 'class-transformer';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { AppError } from '#platform/core';

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

type CursorPart = string | number | null;

/**
 * The sort key of the last item of a page, as opaque text. Unsigned on purpose: it only says where in the caller's own, walled list to
 * go on, so a forged one shows nothing that a list of the same tenant would not show.
 */
export function encodeCursor(parts: CursorPart[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts of a cursor made by `encodeCursor`, checked to be `types` in this order; undefined in, undefined out. */
export function decodeCursor<T extends CursorPart[] = CursorPart[]>(cursor: string | undefined, types: ('string' | 'number' | 'null' | 'string|null' | 'number|null')[]): T | undefined {
  if (cursor === undefined || cursor === '') return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(parts) && parts.length === types.length && parts.every((part, at) => types[at]!.split('|').includes(part === null ? 'null' : typeof part))) return parts as T;
  } catch {
    /* told below */
  }
  throw new AppError('invalid', 'kernel.cursor', 'The cursor is not one this list gave out. Start again without a cursor.', { errors: [{ pointer: '/cursor', detail: 'is not a cursor of this list' }] });
}

/** A page out of `limit + 1` rows: the row too many only tells that there is a next page. */
export function pageOf<Row, Item>(rows: Row[], limit: number, item: (row: Row) => Item, cursor: (row: Row) => CursorPart[]): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), nextCursor: rows.length > limit && last !== undefined ? encodeCursor(cursor(last)) : null };
}

/** A page of entities in the order of their ids, which is that of their making: the newest first, unless `order` says otherwise. */
export async function paged<Row extends ObjectLiteral & { id: string }, Item>(
  query: SelectQueryBuilder<Row>, { limit, cursor }: PageQuery, item: (row: Row) => Item, order: 'ASC' | 'DESC' = 'DESC',
): Promise<Page<Item>> {
  const [from] = decodeCursor<[string]>(cursor, ['string']) ?? [];
  if (from !== undefined) query.andWhere(`${query.alias}.id ${order === 'DESC' ? '<' : '>'} :from`, { from });
  return pageOf(await query.orderBy(`${query.alias}.id`, order).limit(limit + 1).getMany(), limit, item, ({ id }) => [id]);
}
