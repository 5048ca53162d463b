import { routeConfig } from '../routes/route-config.js';
import { AppError, ERROR_STATUS, type ErrorDetails, toAppError } from '#platform/core';

/** RFC 9457 problem details, the one shape of every refusal and failure; `code`, and the details of the error, are extension members. */
export interface Problem {
  /** `urn:atoll:problem:<reason>`: stable, compare this one. */
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Path of the request that failed. */
  instance?: string;
  code: string;
  requestId?: string;
  errors?: ErrorDetails['errors'];
  [fact: string]: unknown;
}

export const PROBLEM_TYPE = 'application/problem+json';

/** A problem in the shape of another protocol: the JSON its clients expect. Status and headers stay. */
export type ProblemView = (problem: Problem) => object;

/** Every refusal and failure of the route, its own and the edge's, is shown so: for routes that speak somebody else's protocol. */
export function ProblemsAs(view: ProblemView, mediaType = 'application/json; charset=utf-8'): MethodDecorator {
  return routeConfig({ problems: view, problemsType: mediaType });
}

const TITLES: Record<AppError['code'], string> = {
  invalid: 'The request is not valid',
  unauthenticated: 'Sign-in needed',
  'payment-required': 'Payment required',
  forbidden: 'Not allowed',
  'not-found': 'Not found',
  'method-not-allowed': 'Not with this method',
  'request-timeout': 'The request came too slowly',
  conflict: 'In conflict with the present state',
  gone: 'No longer there',
  'precondition-failed': 'A condition of the request does not hold',
  'too-large': 'Too large',
  unsupported: 'Not supported',
  unprocessable: 'Cannot be processed',
  'rate-limited': 'Too many requests',
  cancelled: 'Cancelled by the caller',
  internal: 'Failure inside Atoll',
  unavailable: 'Not available now',
  deadline: 'Took too long',
};

/** So that no problem is larger than 16 KB, whatever the request was. */
const MOST_FACTS = 4_096;
const MOST_ERRORS = 10;
const MOST_TEXT = 2_000;
const MOST_LINE = 200;

export function problemOf(error: unknown, where: { instance?: string; requestId?: string } = {}): Problem {
  const { code, reason, message, details } = toAppError(error);
  const { cause: _cause, errors, ...facts } = details;
  return {
    ...(JSON.stringify(facts).length <= MOST_FACTS && facts),
    ...(errors && { errors: errors.slice(0, MOST_ERRORS).map((one) => ({ pointer: cut(one.pointer), detail: cut(one.detail) })) }),
    type: `urn:atoll:problem:${reason}`,
    title: TITLES[code],
    status: ERROR_STATUS[code],
    detail: cut(message, MOST_TEXT),
    ...(where.instance !== undefined && { instance: where.instance }),
    code,
    ...(where.requestId !== undefined && { requestId: where.requestId }),
  };
}

function cut(text: string, most = MOST_LINE): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}
