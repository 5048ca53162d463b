import { join } from 'node:path';
import { AppError, type CoreConfig, logger } from '#platform/core';
import type { Blobs } from './blobs.js';
import type { BlobsConfig } from './blobs.config.js';
import { LocalBlobs } from './local-blobs.js';

const log = logger('kernel');

/** The store the configuration names. The SDK of S3 is loaded only where it is used. */
export async function createBlobs({ dataDir }: CoreConfig, config: BlobsConfig): Promise<Blobs> {
  if (config.bucket === undefined) return new LocalBlobs(config.folder ?? join(dataDir, 'blobs'));
  const { S3Blobs } = await import('./s3-blobs.js');
  return new S3Blobs(config);
}

/** For a start: refuses what only an operator can mend, and goes on without a server that is away, as requests say so themselves. */
export async function openBlobs(core: CoreConfig, config: BlobsConfig): Promise<Blobs> {
  const blobs = await createBlobs(core, config);
  try {
    await blobs.assertReady();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
    log.warn({ error }, 'the store of files is away; uploads and downloads are refused until it is back');
  }
  return blobs;
}
