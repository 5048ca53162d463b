import { AppError } from '#platform/core';

export function tooManyEntries(limit: number): AppError {
  return new AppError('unprocessable', '{{name}}.too-many-entries', `There are ${limit} entries already, as many as are kept. Nothing was added. Ask the operator to raise ATOLL_{{NAME}}_MAX_ENTRIES.`);
}
