import { randomBytes, randomUUID } from 'node:crypto';
import { secretBits } from './secret-strength.js';

const ENOUGH = 72;

it.each([
  'a'.repeat(32), 'ab'.repeat(16), 'abcd'.repeat(8), 'q9'.repeat(20), 'aaaaaaaabbbbbbbbccccccccdddddddd',
  '0123456789abcdef0123456789abcdef', 'abcdefghijklmnopqrstuvwxyz012345', '00112233445566778899aabbccddeeff',
  '000102030405060708090a0b0c0d0e0f', '12345678901234567890123456789012', '98765432109876543210987654321098',
  'qwertyuiopasdfghjklzxcvbnm123456', '1q2w3e4r5t6y7u8i9o0p1q2w3e4r5t6y', 'qazwsxedcrfvtgbyhnujmikolp123456',
  'passwordpasswordpasswordpassword', 'password1234567890password123456', 'P@ssw0rdP@ssw0rdP@ssw0rdP@ssw0rd',
  'my-super-secret-key-for-production', 'MyS3cretKeyForAtollProduction2026!', 'correct-horse-battery-staple-gorilla',
  'CorrectHorseBatteryStapleGorillaTree', 'correct horse battery staple 1234', 'the same root secret in every process',
  'changeme-changeme-changeme-changeme', 'change-me-to-a-long-random-string!', 'your-256-bit-secret-your-256-bit-secret',
  'ThisIsASecretKeyForJWTAuthentication', 'passphrasewhichneedstobe32bytes!', 'deadbeefdeadbeefdeadbeefdeadbeef',
  'deadbeefcafebabedeadbeefcafebabe', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1', 'vOVH6sdmpNWjRRIqCc7rdxs01lwHzfr3',
  '2b7e151628aed2a6abf7158809cf4f3c', '11111111-1111-1111-1111-111111111111', '20260101202602022026030320260404',
  '                                        ', '\u00e9'.repeat(40), 'x9#kk20Lx9#kk20Lx9#kk20Lx9#kk20L',
  'lorem ipsum dolor sit amet consectetur',
])('%s is weak', (secret) => expect(secretBits(secret)).toBeLessThan(ENOUGH));

it.each<[string, () => string]>([
  ['openssl rand -base64 48', () => randomBytes(48).toString('base64')],
  ['openssl rand -base64 24', () => randomBytes(24).toString('base64')],
  ['openssl rand -hex 32', () => randomBytes(32).toString('hex')],
  ['openssl rand -hex 16', () => randomBytes(16).toString('hex')],
  ['two UUIDs', () => randomUUID() + randomUUID()],
])('whatever %s says is strong', (_command, make) => {
  const weak = Array.from({ length: 1_000 }, make).filter((secret) => secretBits(secret) < ENOUGH);
  // Chance writes words, too: one in some thousands of the short ones.
  expect(weak.length).toBeLessThan(5);
});
