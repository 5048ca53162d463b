import { Type } from 'class-transformer';
import { IsArray, IsObject, IsOptional, IsString, ValidateIf, ValidateNested } from 'class-validator';
import { AppError } from '#platform/core';
import { validationPipe } from './validation.js';

class Part {
  @IsOptional() @IsString()
  name?: string;
}

class Whole {
  @IsOptional() @IsString()
  left?: string;

  @ValidateIf((_, value) => value !== null) @IsOptional() @IsString()
  cleared?: string | null;

  @IsOptional() @IsArray() @IsObject({ each: true }) @ValidateNested({ each: true }) @Type(() => Part)
  parts?: Part[];
}

describe('null in a body', () => {
  const read = (body: unknown): Promise<unknown> => validationPipe().transform(body, { type: 'body', metatype: Whole });

  it.each([[{}], [{ left: 'x' }], [{ cleared: null }], [{ parts: [{}, { name: 'x' }] }]])('accepts %j', async (body) => {
    expect(await read(body)).toEqual(body);
  });

  it.each([
    [{ left: null }, '/left'],
    [{ parts: null }, '/parts'],
    [{ parts: [{ name: 'x' }, { name: null }] }, '/parts/1/name'],
  ])('refuses %j, by name', async (body, pointer) => {
    const refusal = (await read(body).catch((error: unknown) => error)) as AppError;
    expect(refusal.details).toEqual({ errors: [{ pointer, detail: 'must not be null; leave it out' }] });
  });
});
