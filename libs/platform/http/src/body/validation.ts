import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { AppError, isId, notFound } from '#platform/core';
import { DtoReader, MOST_FAULTS } from './dto-reader.js';

/** What is no DTO: texts of paths and headers, and bodies and queries that a route reads by itself. */
const AS_THEY_COME = new Set<unknown>([undefined, Object, String, Number, Boolean, Array]);

/** Bodies and queries become instances of their DTO classes; what a DTO does not name is refused, never ignored. */
export class StrictPipe implements PipeTransform {
  async transform(value: unknown, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    if (type === 'body' && value === undefined) return this.transform({}, { type, metatype });
    if (type === 'custom' || AS_THEY_COME.has(metatype)) return value;
    const reader = new DtoReader();
    const read = await reader.read(metatype as Type, value);
    if (reader.faults.length > 0) throw invalidRequest(reader.faults);
    return read;
  }
}

function invalidRequest(errors: DtoReader['faults']): AppError {
  const count = errors.length === 1 ? 'a field that is' :
    `${errors.length < MOST_FAULTS ? '' : 'at least '}${errors.length} fields that are`;
  return new AppError('invalid', 'kernel.validation',
    `The request has ${count} not acceptable and changed nothing. Mend what "errors" names and send it again.`, { errors });
}

/**
 * For ids in paths: what is no id gives exactly the answer of an id that does not exist.
 * @example `@Param('id', new IdParam('file')) id: string`
 */
@Injectable()
export class IdParam implements PipeTransform<unknown, string> {
  constructor(private readonly kind = 'item') {}

  transform(value: unknown): string {
    if (!isId(value)) throw notFound(this.kind);
    return value.toLowerCase();
  }
}
