import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsObject, IsOptional, IsString, MaxLength, MinLength, ValidateIf,
  ValidateNested } from 'class-validator';
import type { AppError } from '#platform/core';
import { StrictPipe } from './validation.js';

class Part {
  @IsOptional() @IsString()
  name?: string;
}

class Whole {
  @IsOptional() @IsString()
  left?: string;

  @ValidateIf((_, value) => value !== null) @IsOptional() @IsString()
  cleared?: string | null;

  @IsOptional() @IsArray() @ArrayMaxSize(500) @IsObject({ each: true }) @ValidateNested({ each: true }) @Type(() => Part)
  parts?: Part[];

  @IsOptional() @ValidateNested() @Type(() => Part)
  one?: Part;
}

class Needed {
  @IsString() @MinLength(2) @MaxLength(10)
  name: string;

  @IsOptional() @Type(() => Number) @IsInt()
  limit: number = 20;
}

const read = (body: unknown, metatype: unknown = Whole): Promise<unknown> =>
  new StrictPipe().transform(body, { type: 'body', metatype: metatype as never });
const faults = async (body: unknown, metatype?: unknown): Promise<AppError['details']['errors']> =>
  ((await read(body, metatype).catch((error: unknown) => error)) as AppError).details.errors;

describe('a body read as its DTO', () => {
  it.each([[{}], [{ left: 'x' }], [{ cleared: null }], [{ parts: [{}, { name: 'x' }] }], [{ one: { name: 'x' } }]])(
    'is an instance, down to its parts: %j', async (body) => {
      const made = (await read(body)) as Whole;
      expect(made).toEqual(body);
      expect(made).toBeInstanceOf(Whole);
      for (const part of [...(made.parts ?? []), ...(made.one ? [made.one] : [])]) expect(part).toBeInstanceOf(Part);
    });

  it('has defaults, and numbers where a query holds texts', async () => {
    expect(await read({ name: 'ab' }, Needed)).toEqual({ name: 'ab', limit: 20 });
    expect(await read({ name: 'ab', limit: '7' }, Needed)).toEqual({ name: 'ab', limit: 7 });
  });

  it.each([
    [{ left: null }, '/left', 'must not be null; leave it out'],
    [{ parts: null }, '/parts', 'must not be null; leave it out'],
    [{ parts: [{ name: 'x' }, { name: null }] }, '/parts/1/name', 'must not be null; leave it out'],
    [{ parts: [{ name: 'x', 'a/b': 1 }] }, '/parts/0/a~1b', 'is not a field of this request'],
    [{ parts: [1] }, '/parts', 'each value in parts must be an object'],
    [{ parts: { 0: {} } }, '/parts', 'must be an array'],
    [{ parts: Array(501).fill({}) }, '/parts', 'must contain no more than 500 elements'],
    [{ one: { name: 1 } }, '/one/name', 'must be a string'],
    [{ one: [] }, '/one', 'must be an object'],
    [{ left: 1 }, '/left', 'must be a string'],
    [{ toString: 1 }, '/toString', 'is not a field of this request'],
    [[], '', 'must be an object'],
  ])('is refused for %j by one fault', async (body, pointer, detail) => {
    expect(await faults(body)).toEqual([{ pointer, detail }]);
  });

  it('has one fault for a field that is missing, or breaks several rules', async () => {
    expect(await faults({}, Needed)).toEqual([{ pointer: '/name', detail: 'is missing' }]);
    expect(await faults({ name: 5 }, Needed)).toEqual([{ pointer: '/name', detail: 'must be a string' }]);
    expect(await faults(undefined, Needed)).toEqual([{ pointer: '/name', detail: 'is missing' }]);
    expect(await faults(null, Needed)).toEqual([{ pointer: '', detail: 'must be an object' }]);
  });

  it('is looked at no further than the first few faults', async () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`k${at}`, at]));
    expect(await faults(many)).toHaveLength(10);
    expect(await faults({ parts: Array.from({ length: 500 }, () => ({ name: 1 })) })).toHaveLength(10);
  });
});
