import { Socket } from 'node:net';
import { type Format, type ParseLimits, parseFile } from './parse.js';
import type { ParsedDocument } from './parsed-document.js';
import { Unreadable, type UnreadableReason } from './unreadable.js';

/**
 * The parser's own process: takes files over the pipe to its parent, one at a time, and answers with their text. Whatever a hostile file
 * does in here, it has no environment, no writable disk and no network, meets files of its own tenant only, and dies with its time, its
 * memory or its parent.
 */
export interface ParseOrder {
  format: Format;
  bytes: Uint8Array;
  limits: ParseLimits;
}

export type ParseAnswer = { ok: true; parsed: ParsedDocument } | { ok: false; reason: UnreadableReason; message: string };

function refuse(): never {
  throw new Error('the parser has no network');
}

/** Node 24's permission model does not cover the network, so its doors are shut by hand; no parser here has a use for them. */
function shutNetwork(): void {
  Socket.prototype.connect = refuse as never;
  globalThis.fetch = refuse;
}

async function answer(order: ParseOrder): Promise<ParseAnswer> {
  try {
    return { ok: true, parsed: await parseFile(order.format, order.bytes, order.limits) };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, reason: error.reason, message: error.message };
    return { ok: false, reason: 'crashed',
      message: 'The file could not be read: its parser gave up on it. Export it again, or in another format, and upload the new file.' };
  }
}

shutNetwork();
process.on('message', (order: ParseOrder) => {
  void answer(order).then((result) => process.send!(result));
});
process.once('disconnect', () => process.exit(0));
