import { createHmac } from 'node:crypto';

const STEP_SECONDS = 30;
const DIGITS = 6;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The 30-second step a moment is in (RFC 6238 §4). */
export function stepOf(ms: number): number {
  return Math.floor(ms / 1_000 / STEP_SECONDS);
}

/** The code of a step: HMAC-SHA1, 6 digits, as every authenticator app has it (RFC 4226 §5.3). */
export function codeOf(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const at = mac[mac.length - 1]! & 0x0f;
  return String((mac.readUInt32BE(at) & 0x7fff_ffff) % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** The step a code belongs to: the present one or a neighbour, since clocks differ and people type slowly. */
export function stepOfCode(secret: Uint8Array, code: string, now: number): number | undefined {
  const present = stepOf(now);
  return [present, present - 1, present + 1].find((step) => codeOf(secret, step) === code);
}

export function base32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** What an authenticator app reads from a QR code (otpauth key URI). */
export function keyUri(secret: Uint8Array, issuer: string, account: string): string {
  const by = encodeURIComponent(issuer);
  const rules = `algorithm=SHA1&digits=${DIGITS}&period=${STEP_SECONDS}`;
  return `otpauth://totp/${by}:${encodeURIComponent(account)}?secret=${base32(secret)}&issuer=${by}&${rules}`;
}
