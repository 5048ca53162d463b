import { IsOptional, IsString } from 'class-validator';
import { Env } from '#platform/core';

/** Where uploaded files are kept. */
export class BlobsConfig {
  @Env('ATOLL_BLOB_DIR', { description: 'Folder of uploaded files. Processes that share tenants must share it.', defaultText: 'ATOLL_DATA_DIR/blobs' })
  @IsOptional() @IsString()
  folder?: string;
}
