import { AppError, type ErrorData, redisKey, type Scope, type Secrets } from '#platform/core';

const PURPOSE = 'kernel.call';

/** One call on its way to whichever replica of a context takes it. */
export interface CallMessage {
  /** The call's own id: a command that arrives twice is the same command. */
  id: string;
  /** `<context>.<call>` */
  call: string;
  version: number;
  input: unknown;
  /** Null for the few calls that establish whose work it is (`anonymous` in the contract's table). */
  scope: Scope | null;
  requestId: string;
  traceparent: string;
  /** Epoch milliseconds: sent, and given up by the caller. A host drops what is past its deadline. */
  time: number;
  deadline: number;
  /** Channel the answer goes to: the caller's own. */
  reply: string;
}

/** One piece of an answer; a list of them travels in one message. `seq` counts a stream's parts from 0, so that a run taken over by another replica repeats nothing. */
export interface ReplyMessage {
  id: string;
  /** The instance that answers: where cancel and credit go. */
  from: string;
  seq: number;
  parts?: unknown[];
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

/** Throws where the message is longer than may be sent. */
export function messageJson(message: CallMessage | ReplyMessage | ControlMessage, limit: number): string {
  const json = JSON.stringify(message);
  if (json.length > limit) {
    throw new AppError('too-large', 'kernel.call-too-large', `A call between contexts carries at most ${limit} characters; this one has ${json.length}. Send less at once, or raise ATOLL_CALL_LIMIT everywhere.`);
  }
  return json;
}

/** `<signature>.<json>`: whoever can write to Redis can neither make up a tenant nor change an answer. */
export function sealJson(secrets: Secrets, json: string): string {
  return `${secrets.sign(PURPOSE, json)}.${json}`;
}

/** Undefined for a text that nobody of this house signed. */
export function openMessage<M>(secrets: Secrets, text: string): M | undefined {
  const at = text.indexOf('.');
  if (at < 0) return undefined;
  const json = text.slice(at + 1);
  return secrets.verify(PURPOSE, json, text.slice(0, at)) ? (JSON.parse(json) as M) : undefined;
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
