import { currentFlow, currentTraceparent, type ErrorData, newId, newTraceparent, redisKey, type Scope } from '#platform/core';

/** What `send()` and `emit()` are given where plain data does not say enough: an input with its call's version and deadline. */
export class CallRecord {
  /** The call's own id: a command that arrives twice is the same command. */
  readonly id = newId();
  readonly version: number;
  /** It changes nothing, so a copy of it may be answered too. */
  readonly repeatable: boolean;
  readonly input: unknown;
  /** Null for the few calls that establish whose work it is (`anonymous` in the contract's table). */
  readonly scope: Scope | null;
  readonly requestId: string;
  readonly traceparent: string;
  /** Epoch milliseconds: sent, and given up by the caller. A host drops what is past its deadline. */
  readonly time = Date.now();
  readonly deadline: number;

  /** For the tenant, actor and trace of the running work. */
  constructor(input: unknown, options: { version?: number; deadline?: number; repeatable?: boolean } = {}) {
    const flow = currentFlow();
    this.input = input ?? null;
    this.version = options.version ?? 1;
    this.repeatable = options.repeatable ?? false;
    this.deadline = options.deadline ?? this.time + DEADLINE_MS;
    this.scope = flow?.scope ?? null;
    this.requestId = flow?.requestId ?? newId();
    this.traceparent = currentTraceparent() ?? newTraceparent();
  }

  static of(data: unknown): CallRecord {
    return data instanceof CallRecord ? data : new CallRecord(data);
  }
}

const DEADLINE_MS = 10_000;

/** One call on its way to whichever replica of a context takes it. */
export interface CallMessage extends CallRecord {
  /** `<context>.<call>` */
  call: string;
  /** Channel the answer goes to: the caller's own. Without one it is an event of Nest's `emit()`, which nobody waits for. */
  reply?: string;
}

/** Some parts of a stream; `seq` counts them from 0, so that a run taken over by another replica repeats nothing. */
export interface StreamParts {
  seq: number;
  parts: unknown[];
}

/** One piece of an answer; a list of them travels in one message. */
export interface ReplyMessage extends Partial<StreamParts> {
  id: string;
  /** The instance that answers: where cancel and credit go. */
  from: string;
  result?: unknown;
  error?: ErrorData;
  done?: true;
}

/** What a caller tells the instance that serves its stream. */
export interface ControlMessage {
  id: string;
  cancel?: true;
  /** How many more parts the caller has room for. */
  credit?: number;
}

/** One stream per context. */
export function callStream(context: string): string {
  return redisKey('calls', context);
}

export function replyChannel(client: string): string {
  return redisKey('reply', client);
}

export function controlChannel(instance: string): string {
  return redisKey('control', instance);
}
