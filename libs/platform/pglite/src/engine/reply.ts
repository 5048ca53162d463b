import { BACKEND, readText } from '../wire.js';

/** Command tags after which a session's standing (settings, channels, statements) must be looked at again. */
const STANDING_TAGS = new Set(['SET', 'RESET', 'LISTEN', 'UNLISTEN', 'DISCARD ALL', 'DEALLOCATE ALL']);

export interface Notification {
  channel: string;
  message: Buffer;
}

/** One reply of the engine, read once. */
export interface Reply {
  /** What the connection that asked gets: everything but notifications, which go to who listens. */
  bytes: Buffer;
  /** Transaction status of the last ReadyForQuery, or 0 when there was none (the group ended in Flush). */
  status: number;
  failed: boolean;
  /** ParseComplete messages: how many of the group's Parse messages succeeded. */
  parsed: number;
  tags: Set<string>;
  parameters: [name: string, value: string][];
  notifications: Notification[];
}

const NO_TAGS: Set<string> = new Set();

export function readReply(bytes: Buffer): Reply {
  const reply: Reply = { bytes, status: 0, failed: false, parsed: 0, tags: NO_TAGS, parameters: [], notifications: [] };
  const kept: Buffer[] = [];
  let keptFrom = 0;
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    switch (bytes[at]) {
      case BACKEND.readyForQuery:
        reply.status = bytes[at + 5]!;
        break;
      case BACKEND.parseComplete:
        reply.parsed++;
        break;
      case BACKEND.error:
        reply.failed = true;
        break;
      case BACKEND.commandComplete: {
        const tag = bytes.toString('latin1', at + 5, end - 1);
        if (STANDING_TAGS.has(tag)) reply.tags = new Set([...reply.tags, tag]);
        break;
      }
      case BACKEND.parameterStatus: {
        const name = readText(bytes, at + 5);
        reply.parameters.push([name, readText(bytes, at + 5 + Buffer.byteLength(name) + 1)]);
        break;
      }
      case BACKEND.notification:
        reply.notifications.push({ channel: readText(bytes, at + 9), message: bytes.subarray(at, end) });
        kept.push(bytes.subarray(keptFrom, at));
        keptFrom = end;
        break;
    }
    at = end;
  }
  if (kept.length > 0) reply.bytes = Buffer.concat([...kept, bytes.subarray(keptFrom)]);
  return reply;
}
