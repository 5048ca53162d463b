import { type Problem, problemOf, ProblemsAs } from '#platform/http';

interface OpenAiError {
  error: { message: string; type: string; code: string; param: string | null };
}

/** A problem as OpenAI's clients expect it, with the codes that they and their users know. */
export function openAiError(problem: Problem): OpenAiError {
  const param = problem['param'] ?? problem.errors?.[0]?.pointer.slice(1).replaceAll('/', '.') ?? null;
  return { error: { message: problem.detail, ...named(problem), param: typeof param === 'string' ? param : null } };
}

/** On every route that speaks OpenAI's protocol. */
export const OpenAiProblems = (): MethodDecorator => ProblemsAs(openAiError);

/** The form of an error behind the first byte of a stream: OpenAI's clients throw it. */
export function openAiErrorFrame(error: unknown): string {
  return `data: ${JSON.stringify(openAiError(problemOf(error)))}\n\n`;
}

function named({ code, type, status }: Problem): { type: string; code: string } {
  const reason = type.slice(type.lastIndexOf(':') + 1);
  if (code === 'unauthenticated') return { type: 'invalid_request_error', code: 'invalid_api_key' };
  if (code === 'payment-required') return { type: 'insufficient_quota', code: 'insufficient_quota' };
  if (code === 'rate-limited') return { type: 'rate_limit_error', code: 'rate_limit_exceeded' };
  if (code === 'forbidden') return { type: 'permission_error', code: 'insufficient_permissions' };
  if (reason === 'agent.prompt-too-long') return { type: 'invalid_request_error', code: 'context_length_exceeded' };
  if (reason === 'agent.model-filtered') return { type: 'invalid_request_error', code: 'content_filter' };
  if (reason === 'agent.model-not-found') return { type: 'invalid_request_error', code: 'model_not_found' };
  return { type: status >= 500 ? 'server_error' : 'invalid_request_error', code: reason };
}
