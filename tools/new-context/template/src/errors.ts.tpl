import { AppError } from '#platform/core';

export function tooManyEntries(limit: number): AppError {
  const text = `There are ${limit} entries already, as many as are kept. Nothing was added. ` +
    'Ask the operator to raise ATOLL_{{NAME}}_MAX_ENTRIES.';
  return new AppError('unprocessable', '{{name}}.too-many-entries', text);
}
