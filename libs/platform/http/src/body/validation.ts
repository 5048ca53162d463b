import { Injectable, type PipeTransform, ValidationPipe, type ValidationError } from '@nestjs/common';
import type { ValidatorOptions } from 'class-validator';
import { AppError, isId, notFound } from '#platform/core';
import { nullErrors } from './null-fields.js';

/** Bodies, queries and parameters become instances of their DTO classes; what a DTO does not name is refused, never ignored. */
export function validationPipe(): ValidationPipe {
  return new StrictPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
    exceptionFactory: invalidRequest,
  });
}

class StrictPipe extends ValidationPipe {
  protected override async validate(object: object, options?: ValidatorOptions): Promise<ValidationError[]> {
    return [...(await super.validate(object, options)), ...nullErrors(object)];
  }
}

function invalidRequest(errors: ValidationError[]): AppError {
  const found = errors.flatMap((error) => faults(error, ''));
  return new AppError(
    'invalid',
    'kernel.validation',
    `The request has ${found.length === 1 ? 'a field that is' : `${found.length} fields that are`} not acceptable and changed nothing. ` +
      `Mend what "errors" names and send it again.`,
    { errors: found },
  );
}

function faults(error: ValidationError, parent: string): { pointer: string; detail: string }[] {
  const pointer = `${parent}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const own = Object.entries(error.constraints ?? {})
    .map(([rule, detail]) =>
      ({ pointer, detail: rule === 'whitelistValidation' ? 'is not a field of this request' : withoutName(detail, error.property) }));
  return [...own, ...(error.children ?? []).flatMap((child) => faults(child, pointer))];
}

function withoutName(detail: string, property: string): string {
  return detail.startsWith(`${property} `) ? detail.slice(property.length + 1) : detail;
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
