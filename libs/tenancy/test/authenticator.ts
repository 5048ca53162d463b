import { codeOf, stepOf } from '../src/totp/code.js';

/** An authenticator app: its next code is always one that was not used yet, within the step that is still taken. */
export class AuthenticatorApp {
  private used = stepOf(Date.now()) - 2;
  private readonly secret: Buffer;

  constructor(base32: string) {
    const bits = [...base32].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
    this.secret = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  }

  next(): string {
    this.used = Math.max(this.used + 1, stepOf(Date.now()) - 1);
    return codeOf(this.secret, this.used);
  }

  wrong(): string {
    const near = [-2, -1, 0, 1, 2].map((step) => codeOf(this.secret, stepOf(Date.now()) + step));
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code))!;
  }
}
