import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';

/** What the rules of a DTO class say of its fields, read once. */
interface DtoShape {
  fields: Set<string>;
  /** May be left out, and nothing says that they may be null. */
  neverNull: Set<string>;
  /** Hold objects of another DTO class: one, or a list of them. */
  nested: Map<string, { type: Type; each: boolean }>;
}

const OPTIONAL = 'isOptional';
const CONDITIONAL = 'conditionalValidation';
const NESTED = 'nestedValidation';

const known = new WeakMap<Type, DtoShape>();

export function dtoShape(type: Type): DtoShape {
  let shape = known.get(type);
  if (!shape) known.set(type, (shape = read(type)));
  return shape;
}

function read(type: Type): DtoShape {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const named = (which: (rule: (typeof rules)[0]) => boolean): string[] => rules.filter(which).map(({ propertyName }) => propertyName);
  const conditional = new Set(named(({ type: kind, name }) => kind === CONDITIONAL && name !== OPTIONAL));
  return {
    fields: new Set(named(() => true)),
    neverNull: new Set(named(({ type: kind, propertyName }) => kind === CONDITIONAL && !conditional.has(propertyName))),
    nested: new Map(rules.filter(({ type: kind }) => kind === NESTED)
      .map(({ propertyName, each }) => [propertyName, { type: nestedType(type, propertyName), each }])),
  };
}

/** `@Type` of class-transformer, seen by what it makes of an object. */
function nestedType(type: Type, property: string): Type {
  return (plainToInstance(type, { [property]: {} }) as Record<string, object>)[property]!.constructor as Type;
}
