import { type KeyObject, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, Secrets } from '#platform/core';

const PURPOSE = 'tenancy.archive';
/** What comes before the 32 bytes of an Ed25519 key in PKCS #8 and in SPKI. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * The deployment's key for archives: Ed25519, made from its root secret, so that whoever knows the public half can check an archive
 * anywhere.
 */
@Injectable()
export class ArchiveKey {
  constructor(private readonly secrets: Secrets) {}

  /** Base64url; what another deployment is told to trust. */
  get publicKey(): string {
    return publicOf(this.privateKeys()[0]!);
  }

  sign(text: Uint8Array): string {
    return sign(null, text, this.privateKeys()[0]!).toString('base64url');
  }

  /** Throws unless `key`, which must be this deployment's own (or of a former ATOLL_SECRET) or among `trusted`, made the signature. */
  assertSigned(text: Uint8Array, { key, signature }: { key: string; signature: string }, trusted: readonly string[]): void {
    if (![...this.privateKeys().map(publicOf), ...trusted].includes(key)) {
      throw new AppError('forbidden', 'tenancy.archive-untrusted',
        `The archive was refused: it is signed with the key ${key.slice(0, 60)}, which is not this deployment's. Compare it with what ` +
          `\`npm run atoll -- tenant archive-key\` prints where it was exported, and give it as --trust if it is the same. Nothing was ` +
            `imported.`);
    }
    let genuine = false;
    try {
      genuine = verify(null, text, createPublicKey({ key: Buffer.concat([SPKI, Buffer.from(key, 'base64url')]), format: 'der',
        type: 'spki' }), Buffer.from(signature, 'base64url'));
    } catch {
      // A key that is none.
    }
    if (!genuine) throw new AppError('forbidden', 'tenancy.archive-signature',
      'The archive was refused: its list of contents is not what was signed, so somebody changed it. Nothing was imported. Get it anew ' +
        'from where it was exported.');
  }

  private privateKeys(): KeyObject[] {
    return this.secrets.keys(PURPOSE).map((seed) => createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' }));
  }
}

function publicOf(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'jwk' }).x!;
}
