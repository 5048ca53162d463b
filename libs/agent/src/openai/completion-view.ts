import { AppError, fromErrorData } from '#platform/core';
import type { SseView } from '#platform/http';
import type { RunEnd, RunUsage } from '../contract.js';
import type { RunFacts } from '../runs/run-log.js';
import { type LogEntry, isEnd } from '../runs/log-entry.js';
import { openAiError, openAiErrorFrame } from './openai-error.js';

interface CompletionHead {
  id: string;
  created: number;
  model: string;
}

export function completionHead({ runId }: Pick<RunFacts, 'runId'>, model: string, startedAt: number): CompletionHead {
  return { id: `chatcmpl-${runId}`, created: Math.floor(startedAt / 1000), model };
}

function completionUsage({ inputTokens, outputTokens, cachedTokens }: RunUsage) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

/** The provider's filter ended the answer: for OpenAI's clients that is an end with a reason, not a failure. */
export function isFiltered({ error }: RunEnd): boolean {
  return error?.reason === 'agent.model-filtered' && error.details?.['upstreamStatus'] === undefined;
}

function finishReason(end: RunEnd): 'content_filter' | 'length' | 'stop' {
  return isFiltered(end) ? 'content_filter' : end.truncated ? 'length' : 'stop';
}

/** The whole answer as one object. `citations` and `run_id` are Atoll's own; OpenAI's clients pass them on untouched. */
export function completion(head: CompletionHead, end: RunEnd): object {
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [{ index: 0, message: { role: 'assistant', content: end.text, refusal: null }, logprobs: null,
      finish_reason: finishReason(end) }],
    usage: completionUsage(end.usage),
    citations: end.citations,
    run_id: end.runId,
  };
}

/** The run's log as OpenAI's stream of chunks. The part of a chunk that never changes is written once. */
export function completionView(head: CompletionHead, includeUsage: boolean): SseView<LogEntry> {
  const runId = head.id.slice('chatcmpl-'.length);
  const facts = `"object":"chat.completion.chunk","created":${head.created},"model":${JSON.stringify(head.model)}`;
  const before = `data: {"id":"${head.id}",${facts},"choices":[{"index":0,"delta":`;
  const after = `,"logprobs":null,"finish_reason":null}]${includeUsage ? ',"usage":null' : ''}}\n\n`;
  return {
    render: (entry) => {
      switch (entry.event) {
        case 'run.started':
          return `${before}{"role":"assistant","content":"","refusal":null}${after}`;
        case 'answer.delta':
          return `${before}{"content":${entry.json.slice('{"text":'.length)}${after}`;
        case 'run.sources':
          return '';
        default:
          return ending(head, JSON.parse(entry.json) as RunEnd, includeUsage);
      }
    },
    isTerminal: isEnd,
    end: () => 'data: [DONE]\n\n',
    error: (problem) => `data: ${JSON.stringify(openAiError(problem))}\n\n`,
    resume: () => openAiErrorFrame(new AppError('unavailable', 'agent.stream-interrupted',
      `The reader was too slow, or the server restarts. The answer goes on; GET /v1/runs/${runId}/events has the rest.`)),
  };
}

function ending(head: CompletionHead, end: RunEnd, includeUsage: boolean): string {
  if (end.error && !isFiltered(end)) return openAiErrorFrame(fromErrorData(end.error));
  if (end.outcome === 'interrupted') return openAiErrorFrame(interrupted());
  const chunk = (rest: object): string =>
    `data: ${JSON.stringify({ id: head.id, object: 'chat.completion.chunk', created: head.created, model: head.model, ...rest })}\n\n`;
  const last = chunk({ choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: finishReason(end) }],
    ...(includeUsage && { usage: null }), citations: end.citations, run_id: end.runId });
  const usage = includeUsage ? chunk({ choices: [], usage: completionUsage(end.usage) }) : '';
  return `${last}${usage}data: [DONE]\n\n`;
}

function interrupted(): AppError {
  return new AppError('unavailable', 'agent.interrupted',
    'The answer was interrupted on the server. What was said until then is kept. Ask again.');
}
