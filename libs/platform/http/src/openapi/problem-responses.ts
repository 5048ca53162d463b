const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

/** RFC 9457, as `problem.ts` writes it. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'RFC 9457 problem details. Compare `type`; show `detail`; report `requestId`.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri', description: '`urn:atoll:problem:<reason>`, stable.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What happened, what it means, what to do.' },
    instance: { type: 'string', description: 'Path of the request.' },
    code: { type: 'string', description: 'One of about fifteen words that decide the status.' },
    requestId: { type: 'string', format: 'uuid' },
    errors: {
      type: 'array',
      description: 'One entry per field that is wrong; `pointer` is a JSON pointer into the body.',
      items: { type: 'object', required: ['pointer', 'detail'], properties: { pointer: { type: 'string' }, detail: { type: 'string' } } },
    },
    retryAfterSeconds: { type: 'integer' },
  },
  additionalProperties: true,
} as const;

/** The refusals every route of this kind can give; those of its own stand in its description. */
export function problemResponses({ signedIn, hasInput, hasId }: { signedIn: boolean; hasInput: boolean; hasId: boolean }): Record<string,
  object> {
  return {
    ...(hasInput && { 400: { description: 'The request is not valid; `errors` says which fields.', content } }),
    ...(signedIn && { 401: { description: 'No credential, or none that is valid.', content },
      403: { description: 'Signed in, but without the permission.', content } }),
    ...(hasId && { 404: { description: 'No such thing; also for ids of other tenants.', content } }),
    429: { description: 'Too many requests: wait as long as Retry-After says.', headers: { 'Retry-After': { schema: { type: 'integer' } } },
      content },
    default: { description: 'Any other problem.', content },
  };
}
