import { AppError } from '#platform/core';
import { databaseError, isUniqueViolation, sqlState } from './errors.js';

const postgres = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code, severity: 'ERROR', ...more });

describe('what an error of the database means', () => {
  it.each([
    ['08006', 'unavailable', 'kernel.database-unavailable'],
    ['53300', 'unavailable', 'kernel.database-unavailable'],
    ['57P01', 'unavailable', 'kernel.database-unavailable'],
    ['40P01', 'unavailable', 'kernel.database-contention'],
    ['55P03', 'unavailable', 'kernel.database-contention'],
    ['57014', 'deadline', 'kernel.statement-timeout'],
  ])('%s is %s', (state, code, reason) => {
    expect(databaseError(postgres(state))).toMatchObject({ code, reason });
  });

  it('is left to the services where it is about the data', () => {
    const duplicate = postgres('23505', { constraint: 'item_pkey' });
    expect(databaseError(duplicate)).toBe(duplicate);
    expect(isUniqueViolation(duplicate)).toBe(true);
    expect(isUniqueViolation(duplicate, 'item_pkey')).toBe(true);
    expect(isUniqueViolation(duplicate, 'other_key')).toBe(false);
    expect(isUniqueViolation(postgres('23503'))).toBe(false);
  });

  it('is unavailable when the connection itself failed, and ours where we threw it', () => {
    expect(databaseError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))).toMatchObject({ code: 'unavailable' });
    const own = new AppError('internal', 'x.y', 'z');
    expect(databaseError(own)).toBe(own);
    const bug = new TypeError('x is not a function');
    expect(databaseError(bug)).toBe(bug);
    expect(sqlState(Object.assign(new Error(), { code: 'EPIPE' }))).toBeUndefined();
    expect(databaseError(Object.assign(new Error('broken pipe'), { code: 'EPIPE' }))).toMatchObject({ code: 'unavailable' });
  });
});
