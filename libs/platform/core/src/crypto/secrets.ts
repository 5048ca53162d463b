import { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes,
  timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const ID_BYTES = 4;

/**
 * Every key of the house, derived (HKDF-SHA256) from one root secret by purpose, so that a key that leaks or is misused in one place
 * opens nothing elsewhere. A purpose is a fixed text of the caller's code (`kernel.envelope`), never user input.
 * `previous` roots still open and verify what was made under them; only the current root seals and signs.
 */
@Injectable()
export class Secrets {
  private readonly roots: Root[];

  constructor(root: string | Uint8Array, previous: (string | Uint8Array)[] = []) {
    this.roots = [root, ...previous].map((secret) => new Root(Buffer.from(secret)));
  }

  /** 32 bytes for `purpose`, always the same under the same root secret. */
  key(purpose: string): Buffer {
    return this.roots[0]!.key(purpose).export();
  }

  /** The same under every root secret, the current one first: for what is to be recognised that was made under a former one. */
  keys(purpose: string): Buffer[] {
    return this.roots.map((root) => root.key(purpose).export());
  }

  /** Names each root secret and tells nothing of it, the current one first. */
  get fingerprints(): string[] {
    return this.keys('kernel.fingerprint').map((key) => key.toString('base64url'));
  }

  /** HMAC-SHA256 of `data`, 43 characters of base64url. */
  sign(purpose: string, data: string | Uint8Array): string {
    return this.roots[0]!.mac(purpose, data).toString('base64url');
  }

  /** Constant time; also true for what a previous root signed. */
  verify(purpose: string, data: string | Uint8Array, signature: string): boolean {
    const given = Buffer.from(signature, 'base64url');
    for (const root of this.roots) {
      const expected = root.mac(purpose, data);
      if (given.length === expected.length && timingSafeEqual(given, expected)) return true;
    }
    return false;
  }

  /** `<signature>.<text>`, for a text on its way; `context` is signed with it and does not travel. `readSigned` gives the text back. */
  signed(purpose: string, text: string, context = ''): string {
    return `${this.sign(purpose, context ? `${context}\n${text}` : text)}.${text}`;
  }

  /** Undefined for what nobody of this deployment signed under this purpose and context. */
  readSigned(purpose: string, signed: string, context = ''): string | undefined {
    const at = signed.indexOf('.');
    const text = signed.slice(at + 1);
    const genuine = at >= 0 && this.verify(purpose, context ? `${context}\n${text}` : text, signed.slice(0, at));
    return genuine ? text : undefined;
  }

  /**
   * AES-256-GCM under the purpose's key: base64url of root id, IV, text and tag. `context` (a tenant id, a row id) is authenticated
   * but not stored: a sealed value copied into another tenant's row does not open.
   */
  seal(purpose: string, plain: string | Uint8Array, context = ''): string {
    const root = this.roots[0]!;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', root.key(purpose), iv);
    cipher.setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(Buffer.from(plain)), cipher.final()]);
    return Buffer.concat([root.id, iv, sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /**
   * The plain bytes, or an AppError when the text was changed, belongs to another purpose or context, or was sealed under an unknown
   * root.
   */
  open(purpose: string, sealed: string, context = ''): Buffer {
    const bytes = Buffer.from(sealed, 'base64url');
    const root = this.roots.find((one) => one.id.equals(bytes.subarray(0, ID_BYTES)));
    if (!root || bytes.length < ID_BYTES + IV_BYTES + TAG_BYTES) throw notOpened();
    try {
      const decipher = createDecipheriv('aes-256-gcm', root.key(purpose), bytes.subarray(ID_BYTES, ID_BYTES + IV_BYTES));
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(ID_BYTES + IV_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      throw notOpened(cause);
    }
  }
}

/** For the log, where a signature is not ours. */
export function unsigned(what: string): string {
  return `dropped ${what} that nobody of this deployment signed; check who can write to Redis, and that ATOLL_SECRET is the same ` +
    'everywhere';
}

class Root {
  /** Tells which root sealed a text, and tells nothing else of it. */
  readonly id: Buffer;
  private readonly keys = new Map<string, KeyObject>();

  constructor(private readonly secret: Buffer) {
    this.id = createHash('sha256').update('atoll.root-id').update(this.secret).digest().subarray(0, ID_BYTES);
  }

  key(purpose: string): KeyObject {
    let key = this.keys.get(purpose);
    if (!key) {
      key = createSecretKey(Buffer.from(hkdfSync('sha256', this.secret, 'atoll', purpose, 32)));
      this.keys.set(purpose, key);
    }
    return key;
  }

  mac(purpose: string, data: string | Uint8Array): Buffer {
    return createHmac('sha256', this.key(purpose)).update(data).digest();
  }
}

function notOpened(cause?: unknown): AppError {
  return new AppError(
    'internal',
    'kernel.not-opened',
    'A stored secret could not be opened: it was changed, or ATOLL_SECRET is not the one it was sealed under. Set the former secret as ' +
      'ATOLL_SECRET_PREVIOUS.',
    { cause },
  );
}
