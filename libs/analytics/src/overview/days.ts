import { AppError } from '#platform/core';

const LONGEST_DAYS = 366;
const DEFAULT_DAYS = 30;
const DAY_MS = 86_400_000;
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The days asked for, both included; up to today and 30 of them unless told. */
export function dayRange(range: { from?: string; to?: string }, today: string): { from: string; to: string; days: string[] } {
  const to = range.to ?? today;
  const from = range.from ?? (isDay(to) ? shifted(to, 1 - DEFAULT_DAYS) : to);
  const length = isDay(from) && isDay(to) ? (Date.parse(to) - Date.parse(from)) / DAY_MS + 1 : 0;
  if (length < 1 || length > LONGEST_DAYS) {
    throw new AppError('invalid', 'analytics.bad-range',
      `from and to must be ISO days (2026-01-31), from not after to, ${LONGEST_DAYS} days at most. Mend them, or leave them out for the ` +
        `last ${DEFAULT_DAYS} days.`);
  }
  return { from, to, days: Array.from({ length }, (_, at) => shifted(from, at)) };
}

function isDay(text: string): boolean {
  return ISO_DAY.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}

function shifted(day: string, by: number): string {
  return new Date(Date.parse(day) + by * DAY_MS).toISOString().slice(0, 10);
}
