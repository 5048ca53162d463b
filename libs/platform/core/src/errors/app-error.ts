/**
 * The one error class of the house. `code` decides HTTP status and log level and travels over the wire;
 * `reason` is the context's own stable word (`search.source-unreachable`) and becomes the problem `type`;
 * `message` says what happened, what it means and what to do, and never holds a secret or a foreign tenant's id.
 */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly reason: string,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AppError';
  }
}

/** Extra facts for the caller; `cause` stays inside the process, everything else is shown as it is. */
export interface ErrorDetails {
  /** One entry per bad field: `pointer` is a JSON pointer into the body. */
  errors?: { pointer: string; detail: string }[];
  retryAfterSeconds?: number;
  cause?: unknown;
  [fact: string]: unknown;
}

/** gRPC's vocabulary where it has a word, with a fixed HTTP status (https://grpc.io/docs/guides/status-codes/). */
export const ERROR_STATUS = {
  invalid: 400,
  unauthenticated: 401,
  'payment-required': 402,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'request-timeout': 408,
  conflict: 409,
  gone: 410,
  'precondition-failed': 412,
  'too-large': 413,
  unsupported: 415,
  unprocessable: 422,
  'rate-limited': 429,
  cancelled: 499,
  internal: 500,
  unavailable: 503,
  deadline: 504,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** What crosses a wire or ends a stream: everything but the cause and the stack. */
export interface ErrorData {
  code: ErrorCode;
  reason: string;
  message: string;
  details?: Omit<ErrorDetails, 'cause'>;
}

/** Any thrown value as an AppError. What is not ours says nothing of its inside: the log has it, the caller does not. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new AppError('cancelled', 'kernel.cancelled', 'The call was cancelled by its caller before it ended.', { cause: error });
  }
  return new AppError(
    'internal',
    'kernel.internal',
    'Something failed inside Atoll. Nothing you sent was wrong; the failure is logged under this request id. Try again, and report the ' +
      'id if it stays.',
    { cause: error },
  );
}

export function errorData(error: unknown): ErrorData {
  const { code, reason, message, details } = toAppError(error);
  const { cause: _cause, ...shown } = details;
  return Object.keys(shown).length > 0 ? { code, reason, message, details: shown } : { code, reason, message };
}

export function fromErrorData(data: ErrorData): AppError {
  return new AppError(data.code, data.reason, data.message, data.details);
}

/** A row that does not exist and a row of another tenant give exactly this. */
export function notFound(kind: string): AppError {
  return new AppError('not-found', 'kernel.not-found', `No such ${kind}. It does not exist, or it was deleted. Check the id.`);
}

/** The row that was looked for; throws `notFound(kind)` where there is none. */
export function orNotFound<T>(row: T | null | undefined, kind: string): T {
  if (row === null || row === undefined) throw notFound(kind);
  return row;
}
