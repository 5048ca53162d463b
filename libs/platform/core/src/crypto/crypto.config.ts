import { IsString } from 'class-validator';
import { Env } from '../config/env.decorator.js';

/** Rotation of the root secret; the secret itself is ATOLL_SECRET. */
export class CryptoConfig {
  @Env('ATOLL_SECRET_PREVIOUS', { description: 'Former values of ATOLL_SECRET, comma-separated: what was sealed or signed under them ' +
    'still opens and verifies.', secret: true })
  @IsString({ each: true })
  previousSecrets: string[] = [];
}
