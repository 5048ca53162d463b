import type { Deserializer, Serializer } from '@nestjs/microservices';
import { AppError, type Secrets } from '#platform/core';

const PURPOSE = 'kernel.call';

/**
 * Nest serializer of all messages between processes: `<signature>.<json>`, so that whoever can write to Redis can neither make up a
 * tenant nor change an answer.
 */
export class EnvelopeSerializer implements Serializer<object, string> {
  constructor(
    private readonly secrets: Secrets,
    /** Longest message in characters. */
    readonly limit: number,
  ) {}

  /** One message, or some that `encode` made ready and that travel under one signature. */
  serialize(message: object): string {
    const json = Array.isArray(message) ? `[${message.join(',')}]` : this.encode(message);
    return this.secrets.signed(PURPOSE, json);
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

  /** Undefined for a text that nobody of this deployment signed. */
  deserialize(text: string): unknown {
    const json = this.secrets.readSigned(PURPOSE, text);
    return json === undefined ? undefined : (JSON.parse(json) as unknown);
  }
}
