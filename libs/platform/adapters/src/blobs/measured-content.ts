import { createHash } from 'node:crypto';
import { AppError } from '#platform/core';
import type { BlobContent, BlobInfo, PutOptions } from './blobs.js';

/** Content on its way into a store: counted and hashed as it passes, cut off where it is too large or its sender gives up. */
export class MeasuredContent {
  private readonly hash = createHash('sha256');
  private bytes = 0;
  /** Why the source ended early; what a store makes of that is not the cause. */
  failure: unknown;

  constructor(private readonly content: BlobContent, private readonly options: PutOptions = {}) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { maxBytes = Infinity, signal } = this.options;
    try {
      for await (const chunk of this.content instanceof Uint8Array ? [this.content] : this.content) {
        signal?.throwIfAborted();
        this.bytes += chunk.byteLength;
        if (this.bytes > maxBytes) throw tooLarge(maxBytes);
        this.hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  /** Once all has passed. */
  get info(): BlobInfo {
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError(
    'too-large', 'kernel.blob-too-large', `The file is larger than ${maxBytes} bytes and was not kept. Send a smaller one.`,
  );
}
