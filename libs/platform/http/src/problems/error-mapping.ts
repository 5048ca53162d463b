import { HttpException } from '@nestjs/common';
import { AppError, ERROR_STATUS, type ErrorCode, toAppError } from '#platform/core';

const CODE_OF_STATUS = new Map<number, ErrorCode>(Object.entries(ERROR_STATUS).map(([code, status]) => [status, code as ErrorCode]));

/** Fastify's and Node's own words, told in ours: what happened, what it means, what to do. */
const KNOWN: Record<string, [ErrorCode, string, string]> = {
  FST_ERR_NOT_FOUND: ['not-found', 'kernel.no-route', 'There is no such route. Compare the path with docs/routes.md.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported', 'kernel.media-type',
    'The body is of a media type this route does not read. Send JSON with "Content-Type: application/json", or multipart/form-data ' +
      'where the route takes files.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['too-large', 'kernel.body-too-large',
    'The body is larger than this server accepts, and was not read. Send less, or ask the operator to raise ATOLL_BODY_LIMIT.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid', 'kernel.json',
    'The body is empty, although its Content-Type says JSON. Send a JSON value, or no Content-Type.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid', 'kernel.json', 'The body is not valid JSON. Mend it and send it again.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid', 'kernel.content-length',
    'The body is not as long as Content-Length says. Send it again.'],
  FST_ERR_BAD_URL: ['invalid', 'kernel.url', 'The path is not a valid URL path. Percent-encode it and send it again.'],
  FST_ERR_MAX_PARAM_LENGTH: ['invalid', 'kernel.url', 'A part of the path is longer than any id of Atoll. Check the path.'],
  FST_ERR_ASYNC_CONSTRAINT: ['invalid', 'kernel.url', 'The request could not be routed. Check its path and headers.'],
  FST_REQ_FILE_TOO_LARGE: ['too-large', 'kernel.upload-too-large',
    'A file is larger than this server accepts, and was not kept. Send a smaller one, or ask the operator to raise ATOLL_UPLOAD_LIMIT.'],
  FST_FILES_LIMIT: ['too-large', 'kernel.upload-parts', 'More files came in one request than are accepted. Send them one by one.'],
  FST_PARTS_LIMIT: ['too-large', 'kernel.upload-parts', 'More parts came in one request than are accepted. Send fewer.'],
  FST_FIELDS_LIMIT: ['too-large', 'kernel.upload-parts', 'More fields came in one request than are accepted. Send fewer.'],
  FST_INVALID_MULTIPART_CONTENT_TYPE: ['unsupported', 'kernel.media-type',
    'This route reads files: send multipart/form-data with a boundary.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'kernel.request-timeout', 'The request did not arrive whole in time. Send it again.'],
};

/**
 * Any error of the HTTP layers as ours. What Nest or Fastify refuse keeps its status and gets a reason; everything unknown is
 * `kernel.internal`, whose text tells nothing of the inside.
 */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  const known = typeof code === 'string' ? KNOWN[code] : undefined;
  if (known) return new AppError(known[0], known[1], known[2], { cause: error });
  if (error instanceof SyntaxError && statusCode === 400) return asAppError({ code: 'FST_ERR_CTP_INVALID_JSON_BODY' });
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) return refused(status, error);
  if (status === 503) return new AppError('unavailable', 'kernel.unavailable',
    'This part of Atoll cannot answer now. Send the request again in a moment.', { cause: error });
  return toAppError(error);
}

function refused(status: number, cause: unknown): AppError {
  if (status === 404) return new AppError(...KNOWN.FST_ERR_NOT_FOUND!, { cause });
  return new AppError(CODE_OF_STATUS.get(status) ?? 'invalid', 'kernel.refused',
    'The request was refused as it is. Compare it with the description of the API (docs/openapi.json) and send it again.', { cause });
}
