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

export function problemOf(error: unknown, where: { instance?: string; requestId?: string } = {}): Problem {
  const { code, reason, message, details } = toAppError(error);
  const { cause: _cause, ...facts } = details;
  return {
    ...facts,
    type: `urn:atoll:problem:${reason}`,
    title: TITLES[code],
    status: ERROR_STATUS[code],
    detail: message,
    ...(where.instance !== undefined && { instance: where.instance }),
    code,
    ...(where.requestId !== undefined && { requestId: where.requestId }),
  };
}
