import { randomBytes } from 'node:crypto';
import { AppError, isDay, isId, Secrets } from '#platform/core';

const PURPOSE = 'kernel.cursor';

/** A moment as this house and Postgres write it. */
function isTime(value: unknown): boolean {
  return typeof value === 'string' && /^.{10}[T ]\d\d:\d\d/.test(value) && isDay(value.slice(0, 10)) && !Number.isNaN(Date.parse(value));
}

/** What a part of a sort key may be. */
const PARTS = {
  id: isId,
  time: isTime,
  number: (value: unknown) => Number.isSafeInteger(value) && Math.abs(value as number) < 2 ** 31,
  text: (value: unknown) => typeof value === 'string' && !value.includes('\0'),
};

export type CursorPart = keyof typeof PARTS;

let secrets = new Secrets(randomBytes(32));

/** From now on cursors are those of this deployment: every process of it reads what another gave out. */
export function signCursorsWith(deployment: Secrets): void {
  secrets = deployment;
}

/** The sort key of the last item of a page, by the names of its parts, as opaque text that nobody else writes. */
export function encodeCursor(parts: Record<string, unknown>): string {
  const text = Buffer.from(JSON.stringify(Object.values(parts))).toString('base64url');
  return secrets.signed(PURPOSE, text, Object.keys(parts).join());
}

/** Refuses what no list of this sort key gave out. */
export function decodeCursor(cursor: string, key: Record<string, CursorPart>): Record<string, unknown> {
  const names = Object.keys(key);
  const text = secrets.readSigned(PURPOSE, cursor, names.join());
  const parts = text === undefined ? [] : (JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]);
  if (parts.length === names.length && names.every((name, at) => PARTS[key[name]!](parts[at])))
    return Object.fromEntries(names.map((name, at) => [name, parts[at]]));
  const errors = [{ pointer: '/cursor', detail: 'is not a cursor of this list' }];
  throw new AppError('invalid', 'kernel.cursor', 'The cursor is not one this list gave out. Start again without a cursor.', { errors });
}
