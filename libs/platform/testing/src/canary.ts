import { randomBytes } from 'node:crypto';

/**
 * A word that occurs nowhere else: planted in one tenant's data (or used as a secret), then looked for in whatever another tenant, a log
 * or an error shows. Also found inside base64, where cursors and tokens might carry it.
 *
 * @example
 * const canary = new Canary();
 * await asTenant(theirs, () => memory.remember({ id, text: canary.word }));
 * canary.assertAbsent((await booted.as(ours).get('/v1/memories')).text);
 */
export class Canary {
  readonly word = `canary${randomBytes(9).toString('hex')}`;

  isIn(seen: unknown): boolean {
    const text = typeof seen === 'string' ? seen : Buffer.isBuffer(seen) ? seen.toString('latin1') : (JSON.stringify(seen) ?? '');
    const encoded = text.match(/[\w+/-]{16,}/g) ?? [];
    return [text, ...encoded.map((run) => Buffer.from(run, 'base64').toString('latin1'))].some((view) => view.includes(this.word));
  }

  assertAbsent(...seen: unknown[]): void {
    seen.forEach((one, index) => {
      if (this.isIn(one)) throw new Error(`The canary ${this.word} was seen where it must not be (value ${index + 1} of ${seen.length}).`);
    });
  }
}
