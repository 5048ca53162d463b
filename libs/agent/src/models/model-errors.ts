import { AppError, type ErrorDetails } from '#platform/core';

const AGAIN = 'What was said until then is kept. Ask again.';

export function modelCut(): AppError {
  return new AppError('unavailable', 'agent.model-cut', `The model's answer broke off before its end. ${AGAIN}`);
}

export function modelSilent(seconds: number): AppError {
  return new AppError('unavailable', 'agent.model-silent', `The model said nothing for ${seconds} seconds and was given up. ${AGAIN}`);
}

/** What a provider's failure means for the one who asked. Its own text may name keys and accounts, so only the log has it. */
export function modelFailed(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const status = statusOf(error);
  const details: ErrorDetails = { cause: error, ...(status !== undefined && { upstreamStatus: status }) };
  const unavailable = (reason: string, text: string, more: ErrorDetails = {}): AppError =>
    new AppError('unavailable', `agent.model-${reason}`, text, { ...details, ...more });
  if (status === 401 || status === 403) {
    return unavailable('refused', 'The model provider refused the deployment\'s credentials, so nothing was answered. An operator has to '
      + 'check OPENAI_API_KEY and OPENAI_BASE_URL.');
  }
  if (status === 429) {
    const text = 'The model provider takes no more requests from this deployment for now. Ask again in a minute.';
    return unavailable('busy', text, { retryAfterSeconds: 30 });
  }
  if (status === 404) {
    return unavailable('unknown', 'The model provider does not know the configured model. An operator has to check ATOLL_CHAT_MODEL, or '
      + 'the agent\'s model.');
  }
  if (status !== undefined && status >= 400 && status < 500) {
    return unavailable('rejected', `The model provider rejected the request (${status}). The conversation may be too long for the model; `
      + 'start a new one, or ask an operator to look into the log.');
  }
  if (status !== undefined) return unavailable('unavailable', `The model provider failed (${status}). ${AGAIN}`);
  return unavailable('unreachable', `The model provider could not be reached, or the connection to it broke. ${AGAIN}`);
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' ? status : undefined;
}
