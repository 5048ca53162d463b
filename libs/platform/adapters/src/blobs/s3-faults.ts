import { AppError } from '#platform/core';

const AWAY = 'kernel.blob-store-unavailable';
const REFUSED = 'The store of files refuses Atoll, so nothing was done. The operator has to mend its bucket or its key: '
  + '`npm run atoll -- doctor` says which.';

interface S3Error {
  name?: string;
  $metadata?: { httpStatusCode?: number };
}

/** There is no such object, or upload. */
export function isAbsent(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes(nameOf(error));
}

/** A range that begins where the content ends, or in an empty one: a folder answers with nothing. */
export function isBeyondEnd(error: unknown): boolean {
  return nameOf(error) === 'InvalidRange' || statusOf(error) === 416;
}

export function isUnsupported(error: unknown): boolean {
  return [405, 501].includes(statusOf(error) ?? 0);
}

/** What a failed request means to a caller. The server's own words may hold keys, so they stay inside. */
export function storeFault(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  if (nameOf(cause) === 'NoSuchBucket' || isRefusal(cause)) return new AppError(
    'unavailable', 'kernel.blob-store-refused', REFUSED, { cause, retryAfterSeconds: 30 },
  );
  return new AppError(
    'unavailable', AWAY, 'The store of files cannot be reached right now, so nothing was done. Try again in a moment.',
    { cause, retryAfterSeconds: 2 },
  );
}

/** What a look at the bucket found: a setting to mend, or a server that is away. */
export function bucketFault(cause: unknown, bucket: string): AppError {
  const status = statusOf(cause);
  if (status === 404) return setting(
    'kernel.blob-bucket',
    `There is no bucket ${bucket} at that server. Create it, or set ATOLL_S3_BUCKET, ATOLL_S3_ENDPOINT and ATOLL_S3_REGION to where it is.`,
    cause,
  );
  if (status === 301 || status === 400) return setting(
    'kernel.blob-bucket', `Bucket ${bucket} is not in that region. Set ATOLL_S3_REGION to its own.`, cause,
  );
  if (isRefusal(cause)) return setting(
    'kernel.blob-login',
    `The server refuses the key for bucket ${bucket}. Set ATOLL_S3_ACCESS_KEY_ID and ATOLL_S3_SECRET_ACCESS_KEY to one that may list it, ` +
    'and read, write and delete in it.',
    cause,
  );
  return new AppError(
    'unavailable', AWAY,
    `The server of bucket ${bucket} does not answer. Check ATOLL_S3_ENDPOINT and the network; files can be neither stored nor read ` +
    'meanwhile.',
    { cause },
  );
}

/** Also where the SDK finds no key at all. */
function isRefusal(error: unknown): boolean {
  return statusOf(error) === 401 || statusOf(error) === 403 || nameOf(error) === 'CredentialsProviderError';
}

function setting(reason: string, message: string, cause: unknown): AppError {
  return new AppError('invalid', reason, message, { cause });
}

function nameOf(error: unknown): string {
  return (error as S3Error | undefined)?.name ?? '';
}

function statusOf(error: unknown): number | undefined {
  return (error as S3Error | undefined)?.$metadata?.httpStatusCode;
}
