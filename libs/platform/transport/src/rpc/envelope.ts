import type { Deserializer, Serializer } from '@nestjs/microservices';
import { AppError, type Secrets } from '#platform/core';

const PURPOSE = 'kernel.call';

/** Where a message travels, which is signed with it: a call, an answer and a control message never pass for one another. */
interface Way {
  /** The context's stream, or the channel of one process. */
  channel: string;
}

/**
 * Nest serializer of all messages between processes: `<signature>.<json>`, so that whoever can write to Redis can neither make up a
 * tenant, nor change an answer, nor send what was said elsewhere.
 */
export class EnvelopeSerializer implements Serializer<object, string> {
  constructor(
    private readonly secrets: Secrets,
    /** Longest message in characters. */
    readonly limit: number,
  ) {}

  /** One message, or some that `encode` made ready and that travel under one signature. */
  serialize(message: object, { channel }: Way): string {
    const json = Array.isArray(message) ? `[${message.join(',')}]` : this.encode(message);
    return this.secrets.signed(PURPOSE, json, channel);
  }

  /** Throws where it is longer than may be sent. */
  encode(message: object): string {
    const json = JSON.stringify(message);
    if (json.length <= this.limit) return json;
    const text = `A call between contexts carries at most ${this.limit} characters; this one has ${json.length}. Send less at once, or `
      + 'raise ATOLL_CALL_LIMIT everywhere.';
    throw new AppError('too-large', 'kernel.call-too-large', text);
  }
}

export class EnvelopeDeserializer implements Deserializer<string> {
  constructor(private readonly secrets: Secrets) {}

  /** Undefined for a text that nobody of this deployment signed for this way. */
  deserialize(text: string, { channel }: Way): unknown {
    const json = this.secrets.readSigned(PURPOSE, text, channel);
    return json === undefined ? undefined : (JSON.parse(json) as unknown);
  }
}
