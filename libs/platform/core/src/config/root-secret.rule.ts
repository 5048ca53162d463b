import { type ValidationArguments, ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';

export const SECRET_LENGTH = 32;

/** Texts that stand in examples and tutorials; long enough, and known to everybody. */
const WELL_KNOWN = /change[-_ ]?me|replace[-_ ]?(me|this)|your[-_ ]?secret|example|default|insecure|placeholder|^(.)\1+$|^(0123456789|abcdef)/i;

/** A root secret is long, in production set by the operator, and never one that stands in a tutorial. */
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
  return production && (WELL_KNOWN.test(secret) || new Set(secret).size < 10) ? `looks like an example; it must be ${remedy}` : undefined;
}
