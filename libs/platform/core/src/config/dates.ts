import { ValidateBy, type ValidationOptions } from 'class-validator';

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const MOMENT = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4]):?[0-5]\d)?$/;

/** A day of the calendar, from the year 1 to 9999: `2026-01-31`, and never `2026-02-30`. */
export function isDay(value: unknown): value is string {
  const [, year, month, day] = DAY.exec(typeof value === 'string' ? value : '') ?? [];
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(year) > 0 && Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= lastDay;
}

/** An ISO moment that JavaScript and Postgres both have: `2026-01-31T12:00:00Z`; without an offset it is read as UTC there. */
export function isMoment(value: unknown): value is string {
  return typeof value === 'string' && isDay(MOMENT.exec(value)?.[1]);
}

/** @example `@IsOptional() @IsDay() from?: string;` */
export function IsDay(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'isDay', validator: { validate: isDay, defaultMessage: () => 'must be a day like 2026-01-31' } }, options);
}

/** A moment, or a day as its first moment. */
export function IsMoment(options?: ValidationOptions): PropertyDecorator {
  const defaultMessage = (): string => 'must be a day like 2026-01-31, or a moment like 2026-01-31T12:00:00Z';
  return ValidateBy({ name: 'isMoment', validator: { validate: (value) => isMoment(value) || isDay(value), defaultMessage } }, options);
}
