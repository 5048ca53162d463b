import { IsBoolean, IsOptional, IsString, IsUrl, Matches, ValidateIf } from 'class-validator';
import { Env } from '#platform/core';

const ADDRESS = { protocols: ['http', 'https'], require_tld: false, require_protocol: true };

const hasKey = ({ accessKeyId, secretAccessKey }: BlobsConfig): boolean => accessKeyId !== undefined || secretAccessKey !== undefined;

/** Where uploaded files, exports and checkpoints of the audit log are kept: in a folder, or in a bucket. */
export class BlobsConfig {
  @Env('ATOLL_BLOB_DIR', {
    description: 'Folder of uploaded files. Processes that share tenants must share it, or use a bucket (ATOLL_S3_BUCKET).',
    defaultText: 'ATOLL_DATA_DIR/blobs',
  })
  @IsOptional() @IsString()
  folder?: string;

  @Env('ATOLL_S3_BUCKET', {
    description: 'Bucket of Amazon S3, or of a server that speaks it such as MinIO, in place of the folder: processes share nothing on ' +
      'disk.',
    defaultText: 'none: the folder',
  })
  @IsOptional() @Matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { message: 'bucket must be the name of a bucket, without a path' })
  bucket?: string;

  @Env('ATOLL_S3_ENDPOINT', { description: 'Address of a server that speaks S3 (http://minio:9000).', defaultText: "Amazon's, by region" })
  @IsOptional() @IsUrl(ADDRESS)
  endpoint?: string;

  @Env('ATOLL_S3_REGION', { description: 'Region of the bucket. Servers of your own mostly take any.' })
  @IsString()
  region: string = 'us-east-1';

  @Env('ATOLL_S3_PATH_STYLE', {
    description: 'Names the bucket in the path and not in the host name.', defaultText: 'true with ATOLL_S3_ENDPOINT',
  })
  @IsOptional() @IsBoolean()
  pathStyle?: boolean;

  @Env('ATOLL_S3_ACCESS_KEY_ID', {
    description: 'Key that may list the bucket, and read, write and delete in it. Without one the AWS SDK looks: environment, profile, ' +
      'role.',
  })
  @ValidateIf(hasKey) @IsString()
  accessKeyId?: string;

  @Env('ATOLL_S3_SECRET_ACCESS_KEY', { description: 'Secret of ATOLL_S3_ACCESS_KEY_ID.', secret: true })
  @ValidateIf(hasKey) @IsString()
  secretAccessKey?: string;

  @Env('ATOLL_S3_DOWNLOAD_URL', {
    description: 'Address at which browsers reach the same server: downloads of files are redirected there by a signed link.',
    defaultText: 'none: they pass through Atoll',
  })
  @IsOptional() @IsUrl(ADDRESS)
  downloadUrl?: string;
}
