import { Readable } from 'node:stream';
import {
  type _Object, AbortMultipartUploadCommand, DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadBucketCommand,
  HeadObjectCommand, ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput, type ListObjectsV2CommandOutput,
  paginateListObjectsV2, S3Client, type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { notFound } from '#platform/core';
import { folderOf, isTenantFolder, partsOf, storedBlob } from './blob-keys.js';
import { type BlobContent, type BlobInfo, Blobs, type LinkOptions, type PutOptions, type StoredBlob } from './blobs.js';
import type { BlobsConfig } from './blobs.config.js';
import { MeasuredContent } from './measured-content.js';
import { bucketFault, isAbsent, isBeyondEnd, isUnsupported, storeFault } from './s3-faults.js';

/** At most 10,000 parts: 80 GB. Two are in memory at a time. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
const CONNECT_MS = 5_000;
/** For the whole of a request, a part of an upload among them. */
const REQUEST_MS = 60_000;
/** A download whose reader takes nothing for so long is ended, like one whose server sends nothing. */
const SILENCE_MS = 120_000;

/** Blobs as objects of one bucket, under their own keys. An object is seen once its upload is complete; one that fails is aborted. */
export class S3Blobs extends Blobs {
  private readonly client: S3Client;
  private readonly browsers: S3Client | undefined;
  private readonly Bucket: string;

  constructor(config: BlobsConfig) {
    super();
    this.Bucket = config.bucket!;
    this.client = clientFor(config, config.endpoint);
    this.browsers = config.downloadUrl === undefined ? undefined : clientFor(config, config.downloadUrl);
  }

  override async assertReady(): Promise<void> {
    await this.client.send(new HeadBucketCommand({ Bucket: this.Bucket })).catch((error: unknown) => {
      throw bucketFault(error, this.Bucket);
    });
  }

  override async put(key: string, content: BlobContent, options: PutOptions = {}): Promise<BlobInfo> {
    const measured = new MeasuredContent(content, options);
    const params = { ...this.at(key), Body: Readable.from(measured, { objectMode: false }) };
    const upload = new Upload({ client: this.client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE });
    const stop = (): void => void upload.abort();
    options.signal?.addEventListener('abort', stop);
    try {
      await upload.done();
      return measured.info;
    } catch (error) {
      options.signal?.throwIfAborted();
      throw (measured.failure as Error | undefined) ?? storeFault(error);
    } finally {
      options.signal?.removeEventListener('abort', stop);
    }
  }

  override async read(key: string, range?: { start: number; end?: number }): Promise<Readable> {
    try {
      const Range = range && `bytes=${range.start}-${range.end ?? ''}`;
      return (await this.client.send(new GetObjectCommand({ ...this.at(key), Range }))).Body as Readable;
    } catch (error) {
      if (isBeyondEnd(error)) return Readable.from([]);
      throw isAbsent(error) ? notFound('file') : storeFault(error);
    }
  }

  override async get(key: string): Promise<Buffer> {
    const parts: Buffer[] = [];
    const content = await this.read(key);
    try {
      for await (const part of content) parts.push(part as Buffer);
    } catch (error) {
      throw storeFault(error);
    }
    return Buffer.concat(parts);
  }

  override async size(key: string): Promise<number | undefined> {
    try {
      return (await this.client.send(new HeadObjectCommand(this.at(key)))).ContentLength;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw storeFault(error);
    }
  }

  override async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.at(key))).catch((error: unknown) => {
      throw storeFault(error);
    });
  }

  override async *storedBefore(context: string, before: Date): AsyncGenerator<StoredBlob> {
    await this.clearUploads(context, before);
    for await (const { CommonPrefixes = [] } of this.pages('', '/')) {
      for (const tenantId of CommonPrefixes.map(({ Prefix }) => Prefix!.slice(0, -1)).filter(isTenantFolder)) {
        for await (const one of this.objects(folderOf(tenantId, context))) if (one.LastModified! < before) yield storedBlob(one.Key!);
      }
    }
  }

  override async *list(tenantId: string, context: string): AsyncGenerator<StoredBlob> {
    for await (const { Key } of this.objects(folderOf(tenantId, context))) yield storedBlob(Key!);
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    for await (const { Contents = [] } of this.pages(`${folderOf(tenantId)}/`)) {
      if (Contents.length === 0) continue;
      const Delete = { Objects: Contents.map(({ Key }) => ({ Key })), Quiet: true };
      const { Errors = [] } = await this.client.send(new DeleteObjectsCommand({ Bucket: this.Bucket, Delete })).catch((error: unknown) => {
        throw storeFault(error);
      });
      if (Errors.length > 0) throw storeFault(Object.assign(new Error(Errors[0]!.Message), { name: Errors[0]!.Code }));
    }
  }

  override async link(
    key: string, { seconds, type: ResponseContentType, disposition: ResponseContentDisposition }: LinkOptions,
  ): Promise<string | undefined> {
    if (!this.browsers) return undefined;
    const download = new GetObjectCommand({ ...this.at(key), ResponseContentType, ResponseContentDisposition });
    return getSignedUrl(this.browsers, download, { expiresIn: seconds });
  }

  /** Uploads of killed processes: their parts are no objects, and cost until aborted. A server that cannot list them clears them itself. */
  private async clearUploads(context: string, before: Date): Promise<void> {
    try {
      let page: ListMultipartUploadsCommandOutput | undefined;
      do {
        const from = { KeyMarker: page?.NextKeyMarker, UploadIdMarker: page?.NextUploadIdMarker };
        page = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.Bucket, ...from }));
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          const abandoned = Initiated! < before && Key!.split('/')[1] === context;
          if (abandoned) await this.client.send(new AbortMultipartUploadCommand({ ...this.at(Key!), UploadId }));
        }
      } while (page.IsTruncated);
    } catch (error) {
      if (!isUnsupported(error) && !isAbsent(error)) throw storeFault(error);
    }
  }

  private async *objects(folder: string): AsyncGenerator<_Object> {
    for await (const { Contents = [] } of this.pages(`${folder}/`)) yield* Contents;
  }

  private async *pages(Prefix: string, Delimiter?: string): AsyncGenerator<ListObjectsV2CommandOutput> {
    try {
      yield* paginateListObjectsV2({ client: this.client }, { Bucket: this.Bucket, Prefix, Delimiter });
    } catch (error) {
      throw storeFault(error);
    }
  }

  private at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.Bucket, Key: partsOf(key).join('/') };
  }
}

/** Checksums only where S3 demands them: many servers that speak it know none of the newer ones. */
function clientFor({ region, pathStyle, accessKeyId, secretAccessKey, ...config }: BlobsConfig, endpoint: string | undefined): S3Client {
  const settings: S3ClientConfig = {
    region,
    endpoint,
    forcePathStyle: pathStyle ?? config.endpoint !== undefined,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS, throwOnRequestTimeout: true, socketTimeout: SILENCE_MS },
    ...(accessKeyId !== undefined && { credentials: { accessKeyId, secretAccessKey: secretAccessKey! } }),
  };
  return new S3Client(settings);
}
