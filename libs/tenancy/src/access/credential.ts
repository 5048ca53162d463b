import { fromBase62, toBase62 } from './base62.js';

/**
 * The text of a credential that names its own row: `<prefix>_<base62(tenant id + row id + number)>_<secret>`. With the tenant inside, the
 * row is looked up under that tenant's own wall; naming a foreign tenant only leads to a row whose secret one does not have. The prefix
 * lets scanners of public code recognise it.
 */
export interface Credential {
  tenantId: string;
  id: string;
  /** Generation of a refresh token or a widget's key; 0 in an API key. */
  number: number;
  secret: string;
}

/**
 * Every kind there is: API key, refresh token, invitation, widget key, operator session; and, with texts of their own form, one-time
 * tokens of e-mails and visits to a widget. By `at?_` the log recognises them all, and those to come (`redactText`).
 */
export const CREDENTIAL_PREFIXES = ['atl', 'atr', 'ati', 'atw', 'ato', 'att', 'atv'] as const;
export type CredentialPrefix = (typeof CREDENTIAL_PREFIXES)[number];

const ID_BYTES = 16;
const NAME_BYTES = ID_BYTES * 2 + 4;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

export function formatCredential(prefix: CredentialPrefix, { tenantId, id, number, secret }: Credential): string {
  const name = Buffer.alloc(NAME_BYTES);
  name.write(tenantId.replaceAll('-', ''), 0, 'hex');
  name.write(id.replaceAll('-', ''), ID_BYTES, 'hex');
  name.writeUInt32BE(number, ID_BYTES * 2);
  return `${prefix}_${toBase62(name)}_${secret}`;
}

/** Undefined for whatever is not such a text; says nothing of whether the row exists. */
export function parseCredential(prefix: CredentialPrefix, text: string): Credential | undefined {
  if (!text.startsWith(`${prefix}_`)) return undefined;
  const end = text.indexOf('_', prefix.length + 1);
  const name = end < 0 ? undefined : fromBase62(text.slice(prefix.length + 1, end), NAME_BYTES);
  const secret = text.slice(end + 1);
  if (!name || !SECRET.test(secret)) return undefined;
  return { tenantId: uuid(name, 0), id: uuid(name, ID_BYTES), number: name.readUInt32BE(ID_BYTES * 2), secret };
}

function uuid(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + ID_BYTES);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
