import { Socket } from 'node:net';
import { type Format, type ParseLimits, parseFile } from '../parse/parse.js';
import { Unreadable, type UnreadableReason } from '../parse/unreadable.js';
import { type DocumentKnown, prepare, type PreparedDocument, type PreparedPart } from './prepare.js';

/**
 * The parser's own process: takes files over the pipe to its parent, one at a time, and answers with what is to be written of them.
 * Whatever a hostile file does in here, it has no environment, no writable disk and no network, meets files of its own tenant only, and
 * dies with its time, its memory or its parent.
 */
export interface ParseOrder extends DocumentKnown {
  format: Format;
  bytes: Uint8Array;
  limits: ParseLimits;
}

/** A document comes part by part, so that its parent never reads a large message at once, and ends with what is known of the whole. */
export type ParseAnswer = { kind: 'part'; part: PreparedPart } | { kind: 'whole'; whole: Omit<PreparedDocument, 'parts'> }
  | { kind: 'failed'; reason: UnreadableReason; message: string };

function refuse(): never {
  throw new Error('the parser has no network');
}

/** Node 24's permission model does not cover the network, so its doors are shut by hand; no parser here has a use for them. */
function shutNetwork(): void {
  Socket.prototype.connect = refuse as never;
  globalThis.fetch = refuse;
}

function say(answer: ParseAnswer): void {
  process.send!(answer);
}

async function answer({ format, bytes, limits, kind, name }: ParseOrder): Promise<void> {
  try {
    const { parts, ...whole } = prepare({ kind, name }, await parseFile(format, bytes, limits));
    for (const part of parts) say({ kind: 'part', part });
    say({ kind: 'whole', whole });
  } catch (error) {
    if (error instanceof Unreadable) return say({ kind: 'failed', reason: error.reason, message: error.message });
    say({ kind: 'failed', reason: 'crashed',
      message: 'The file could not be read: its parser gave up on it. Export it again, or in another format, and upload the new file.' });
  }
}

shutNetwork();
process.on('message', (order: ParseOrder) => void answer(order));
process.once('disconnect', () => process.exit(0));
