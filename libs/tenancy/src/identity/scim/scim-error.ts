import { AppError, type ErrorCode } from '#platform/core';
import type { Problem } from '#platform/http';

/** RFC 7644 §3.12. */
export type ScimType = 'invalidFilter' | 'tooMany' | 'uniqueness' | 'mutability' | 'invalidSyntax' | 'invalidPath' | 'noTarget'
  | 'invalidValue' | 'sensitive';

export const SCIM_JSON = 'application/scim+json; charset=utf-8';

export function scimFault(scimType: ScimType, detail: string): AppError {
  const code: ErrorCode = scimType === 'uniqueness' ? 'conflict' : 'invalid';
  return new AppError(code, 'tenancy.scim', `Nothing was changed: ${detail}`, { scimType });
}

/** The error body that SCIM's clients expect. */
export function scimProblem({ status, detail, scimType, type }: Problem): object {
  const word = scimType ?? (type.endsWith(':kernel.json') ? 'invalidSyntax' : undefined);
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), ...(word !== undefined && { scimType: word }),
    detail };
}
