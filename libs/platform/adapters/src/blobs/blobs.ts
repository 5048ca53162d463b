import type { Readable } from 'node:stream';

export type BlobContent = Uint8Array | AsyncIterable<Uint8Array>;

export interface PutOptions {
  /** Ends an endless source with `too-large`. */
  maxBytes?: number;
  signal?: AbortSignal;
}

export interface BlobInfo {
  bytes: number;
  /** SHA-256 of the content, hex. */
  sha256: string;
}

/** A key with the tenant and the id parts it was built from. */
export interface StoredBlob {
  key: string;
  tenantId: string;
  id: string[];
}

/** How a browser that follows a link gets the content. */
export interface LinkOptions {
  seconds: number;
  /** Content-Type and Content-Disposition of the answer. */
  type: string;
  disposition: string;
}

/**
 * Stored files. A key comes from `scopedKey`/`keyOf` and from nothing else, so it starts with its tenant.
 *
 * Errors: `unavailable` (`kernel.blob-store-…`) where the store is away, full, or refuses Atoll; nothing was kept then.
 */
export abstract class Blobs {
  /** Throws what keeps the store from being used, in a sentence that says how to mend it: for the start and the doctor. */
  abstract assertReady(): Promise<void>;
  /** Stores `content` whole or not at all; an earlier blob of the same key is replaced. */
  abstract put(key: string, content: BlobContent, options?: PutOptions): Promise<BlobInfo>;
  /** The content as a stream; `not-found` when there is none. `end` is inclusive. */
  abstract read(key: string, range?: { start: number; end?: number }): Promise<Readable>;
  abstract get(key: string): Promise<Buffer>;
  /** Size, or undefined when there is no such blob. */
  abstract size(key: string): Promise<number | undefined>;
  /** Deleting what is not there is no error. */
  abstract delete(key: string): Promise<void>;
  /**
   * The blobs of one context, of all tenants, that were stored before `before`; also clears what unfinished puts of killed processes left.
   */
  abstract storedBefore(context: string, before: Date): AsyncGenerator<StoredBlob>;
  /** The blobs of one context of one tenant, in no order. */
  abstract list(tenantId: string, context: string): AsyncGenerator<StoredBlob>;
  /** Deletes all blobs of a tenant: the last step of its erasure. */
  abstract deleteTenant(tenantId: string): Promise<void>;
  /** Where a browser may fetch the content itself for a while, without a credential; undefined where it has to pass through Atoll. */
  abstract link(key: string, options: LinkOptions): Promise<string | undefined>;
}
