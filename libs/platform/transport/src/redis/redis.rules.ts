import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ValidatorConstraint, type ValidatorConstraintInterface, type ValidationArguments } from 'class-validator';
import { readRedisUrl } from './redis-url.js';

@ValidatorConstraint({ name: 'redisUrl' })
export class IsRedisUrl implements ValidatorConstraintInterface {
  validate(url: string): boolean {
    return thrown(() => readRedisUrl(url)) === undefined;
  }

  defaultMessage({ value }: ValidationArguments): string {
    return thrown(() => readRedisUrl(value as string))?.message ?? '';
  }
}

/** A file that can be read and begins with a certificate in PEM. */
@ValidatorConstraint({ name: 'certificateFile' })
export class IsCertificateFile implements ValidatorConstraintInterface {
  validate(path: string): boolean {
    return thrown(() => new X509Certificate(readFileSync(path))) === undefined;
  }

  defaultMessage({ value }: ValidationArguments): string {
    const unread = thrown(() => readFileSync(value as string));
    if (unread) return `must name a file that this process can read (${unread.code})`;
    return 'must name a file with a certificate in PEM (-----BEGIN CERTIFICATE-----)';
  }
}

function thrown(look: () => unknown): NodeJS.ErrnoException | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
