import { ValidationError, getMetadataStorage } from 'class-validator';

const OPTIONAL = 'isOptional';
const CONDITIONAL = 'conditionalValidation';

/** DTO class -> fields that may be left out, and of which nothing says that they may be null. */
const known = new WeakMap<object, Set<string>>();

/**
 * `@IsOptional()` lets null pass unlooked at, and a handler that expects a text or nothing then meets neither. A field that takes null says
 * so with `@ValidateIf((_, value) => value !== null)`; anywhere else null is refused like any other wrong value.
 */
export function nullErrors(object: unknown): ValidationError[] {
  if (Array.isArray(object)) return object.flatMap((one, at) => nested(String(at), nullErrors(one)));
  if (typeof object !== 'object' || object === null) return [];
  const never = fieldsOf(object.constructor);
  return Object.entries(object).flatMap(([property, value]) =>
    value === null ? (never.has(property) ? [fault(property, { constraints: { notNull: `${property} must not be null; leave it out` } })]
      : []) : nested(property, nullErrors(value)),
  );
}

function fieldsOf(type: unknown): Set<string> {
  if (typeof type !== 'function' || type === Object) return new Set();
  let fields = known.get(type);
  if (!fields) {
    const conditions = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).filter((one) => one.type === CONDITIONAL);
    const others = new Set(conditions.filter(({ name }) => name !== OPTIONAL).map(({ propertyName }) => propertyName));
    fields = new Set(conditions.map(({ propertyName }) => propertyName).filter((name) => !others.has(name)));
    known.set(type, fields);
  }
  return fields;
}

function nested(property: string, children: ValidationError[]): ValidationError[] {
  return children.length === 0 ? [] : [fault(property, { children })];
}

function fault(property: string, more: Partial<ValidationError>): ValidationError {
  return Object.assign(new ValidationError(), { property, ...more });
}
