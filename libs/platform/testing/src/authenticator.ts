import { createHmac } from 'node:crypto';

const stepNow = (): number => Math.floor(Date.now() / 30_000);

/**
 * An authenticator app (RFC 6238, SHA-1, six digits): its next code is always one that was not used yet, within the steps that are still
 * taken.
 */
export class AuthenticatorApp {
  private used = stepNow() - 2;
  private readonly secret: Buffer;

  constructor(base32: string) {
    const bits = [...base32].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
    this.secret = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  }

  next(): string {
    this.used = Math.max(this.used + 1, stepNow() - 1);
    return this.codeOf(this.used);
  }

  /** One that was right some minutes ago. */
  old(): string {
    return this.codeOf(stepNow() - 10);
  }

  wrong(): string {
    const near = [-2, -1, 0, 1, 2].map((step) => this.codeOf(stepNow() + step));
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code))!;
  }

  private codeOf(step: number): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const mac = createHmac('sha1', this.secret).update(counter).digest();
    return String((mac.readUInt32BE(mac[mac.length - 1]! & 0x0f) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
  }
}
