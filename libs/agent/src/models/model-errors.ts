import { AppError, type ErrorCode, type ErrorDetails } from '#platform/core';
import { ProviderRefusal, type RefusalKind } from './provider-refusal.js';
import type { FinishReason } from './wire/answer-reader.js';

const AGAIN = 'What was said until then is kept. Ask again.';
const OPERATOR = 'An operator has to';

export function modelCut(): AppError {
  return new AppError('unavailable', 'agent.model-cut', `The model's answer broke off before its end. ${AGAIN}`);
}

export function modelSilent(seconds: number): AppError {
  return new AppError('unavailable', 'agent.model-silent', `The model said nothing for ${seconds} seconds and was given up. ${AGAIN}`);
}

/** It showed signs of life all the time, and never came to a word. */
export function modelThinking(seconds: number): AppError {
  const text = `The model was still thinking after ${seconds} seconds without a word and was given up. ${AGAIN}`;
  return new AppError('unavailable', 'agent.model-thinking', text);
}

/** Its end says that the answer was held back, in whole or from some word on. */
export function answerFiltered(): AppError {
  return new AppError('unprocessable', 'agent.model-filtered', 'The model provider\'s content filter stopped the answer. What was said ' +
    'until then is kept. Ask in other words, or ask an operator about the provider\'s filter.');
}

/** The model ended its answer without a word of it. */
export function nothingSaid(reason: FinishReason, maxTokens: number): AppError {
  if (reason === 'length') {
    return new AppError('unprocessable', 'agent.model-exhausted', `The model used up the ${maxTokens} tokens that an answer may take ` +
      'before its first word, so there is no answer. Allow it more tokens (max_tokens, ATOLL_CHAT_ANSWER_TOKENS), or ask for less.');
  }
  if (reason === 'tool_calls') {
    return new AppError('unprocessable', 'agent.model-tool-call', 'The model wanted to call a tool, which it was not offered, and ' +
      `said nothing else, so there is no answer. Ask in other words; if it stays, ${OPERATOR.toLowerCase()} choose another model.`);
  }
  return new AppError('unavailable', 'agent.model-empty', 'The model ended its answer without a single word. Ask again.');
}

/** What a provider's failure means for the one who asked. Its own text may name keys and accounts, so only the log has it. */
export function modelFailed(error: unknown): AppError {
  const cause = rootOf(error);
  if (cause instanceof AppError && !cause.reason.startsWith('kernel.egress')) return cause;
  if (cause instanceof ProviderRefusal) return refused(cause);
  const text = `The model provider could not be reached, or the connection to it broke. ${AGAIN}`;
  return new AppError('unavailable', 'agent.model-unreachable', text, { cause });
}

type Told = [code: ErrorCode, reason: string, text: (refusal: ProviderRefusal) => string];

const TOLD: Record<RefusalKind, Told> = {
  'context-length': ['invalid', 'agent.prompt-too-long', () =>
    'The question, with its conversation and what was found for it, is longer than the ' +
    'model can read, so nothing was answered. Shorten it, or start a new conversation.'],
  quota: ['unavailable', 'agent.model-quota', () =>
    'The deployment\'s account at the model provider has no credit or quota left, so nothing was ' +
    `answered. Asking again does not help. ${OPERATOR} top it up or raise its limit.`],
  busy: ['unavailable', 'agent.model-busy', ({ refused: { retryAfterSeconds } }) =>
    'The model provider takes no more requests from this deployment ' +
    `for now. Ask again in ${retryAfterSeconds === undefined ? 'a minute' : duration(retryAfterSeconds)}.`],
  credentials: ['unavailable', 'agent.model-refused', () =>
    'The model provider refused the deployment\'s credentials, so nothing was answered. ' +
    `${OPERATOR} check OPENAI_API_KEY and OPENAI_BASE_URL.`],
  model: ['unavailable', 'agent.model-unknown', () =>
    'The model provider does not know the configured model, or does not let this deployment use it. ' +
    `${OPERATOR} check ATOLL_CHAT_MODEL, or the agent's model.`],
  filtered: ['unprocessable', 'agent.model-filtered', () =>
    'The model provider\'s content filter refused the question, so nothing was answered. Ask ' +
    'in other words, or ask an operator about the provider\'s filter.'],
  field: ['unavailable', 'agent.model-rejected', ({ refused: { status, param, code } }) => 'The model provider rejected the request ' +
    `(${facts(status, code, param)}), so nothing was answered. ${OPERATOR} look into the log, or choose another model.`],
  rejected: ['unavailable', 'agent.model-rejected', ({ refused: { status, code } }) => 'The model provider rejected the request ' +
    `(${facts(status, code, null)}), so nothing was answered. ${OPERATOR} look into the log.`],
  failed: ['unavailable', 'agent.model-unavailable', ({ refused: { status, code } }) =>
    `The model provider failed (${facts(status, code, null)}). ${AGAIN}`],
  'no-completion': ['unavailable', 'agent.model-protocol', () =>
    'What answers at the model provider\'s address is no OpenAI-compatible chat ' +
    `completion, so nothing was answered. ${OPERATOR} check OPENAI_BASE_URL, which ends in /v1 most of the time.`],
};

function refused(refusal: ProviderRefusal): AppError {
  const { status, code: said, param, retryAfterSeconds } = refusal.refused;
  const [code, reason, text] = TOLD[refusal.kind];
  const pause = retryAfterSeconds ?? (refusal.kind === 'busy' ? 30 : undefined);
  const details: ErrorDetails = {
    cause: refusal,
    ...(status !== null && { upstreamStatus: status }),
    ...(isWord(said) && { upstreamCode: said }),
    ...(isWord(param) && { upstreamParam: param }),
    ...(pause !== undefined && refusal.kind !== 'quota' && { retryAfterSeconds: pause }),
  };
  return new AppError(code, reason, text(refusal), details);
}

/** LangChain and the client wrap what our own `fetch` threw. */
function rootOf(error: unknown): unknown {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof AppError || at instanceof ProviderRefusal) return at;
  return error;
}

function facts(status: number | null, code: string | null, param: string | null): string {
  return [status === null ? 'in its stream' : String(status), ...[code, param].filter(isWord)].join(', ');
}

/** A name of a fault or a field, which cannot hold anything secret. */
function isWord(text: string | null): text is string {
  return text !== null && /^[a-z][a-z_.[\]0-9]{1,59}$/i.test(text) && !/\d{5}/.test(text);
}

function duration(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3_600)} hours`;
}
