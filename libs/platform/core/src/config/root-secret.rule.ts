import { type ValidationArguments, ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';
import { secretBits } from './secret-strength.js';

export const SECRET_LENGTH = 32;

/** 32 random hexadecimal digits have 128, of which an estimate sees about 100. */
const ENOUGH_BITS = 72;

/** A root secret, present or former, is long; in production it is set by the operator, and nothing that can be guessed. */
@ValidatorConstraint({ name: 'rootSecret' })
export class IsRootSecret implements ValidatorConstraintInterface {
  validate(secret: string | undefined, { object }: ValidationArguments): boolean {
    return faultOf(secret, (object as { production: boolean }).production) === undefined;
  }

  defaultMessage({ value, object }: ValidationArguments): string {
    return faultOf(value as string | undefined, (object as { production: boolean }).production) ?? '';
  }
}

function faultOf(secret: string | undefined, production: boolean): string | undefined {
  const remedy = `at least ${SECRET_LENGTH} random characters (openssl rand -base64 48)`;
  if (secret === undefined) return production ? `must be set in production, the same in every process: ${remedy}` : undefined;
  if (secret.length < SECRET_LENGTH) return `must have ${remedy}`;
  return production && secretBits(secret) < ENOUGH_BITS
    ? `can be guessed: it repeats, runs along the keyboard or is made of words. It must be ${remedy}` : undefined;
}
