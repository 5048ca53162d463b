import { AppError } from '#platform/core';

/** The one form of a refusal of these routes: `param` names the field, as OpenAI's clients show it. */
export function bad(message: string, param: string | null): AppError {
  return new AppError('invalid', 'agent.openai-request', message, { param });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
