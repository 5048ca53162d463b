import { eventually, type SmtpServer } from '#platform/testing';

/** The token of the latest e-mail to an address. */
export async function tokenTo(smtp: SmtpServer, address: string, subject: RegExp = /./): Promise<string> {
  return eventually(() => {
    const email = smtp.to(address);
    if (!subject.test(email.subject)) throw new Error(`the latest e-mail is "${email.subject}"`);
    return /#token=(\S+)/.exec(email.text)![1]!;
  });
}

/** What a token may be turned into on its way back. */
export function mangled(token: string): unknown[] {
  const last = token.at(-1) === 'A' ? 'B' : 'A';
  return [`${token.slice(0, -5)}${last}${token.slice(-4)}`, token.slice(0, -1), `${token}A`, token.toLowerCase(),
    token.replace(/_.*_/, `_${'0'.repeat(22)}_`), 'x'];
}

/** What is no text at all. */
export const NO_TEXTS: unknown[] = [{ $ne: '' }, ['x'], [], {}, null, 7, true, ''];

export function median(list: number[]): number {
  return list.sort((a, b) => a - b)[list.length >> 1]!;
}
