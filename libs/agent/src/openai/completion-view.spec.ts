import { newId } from '#platform/core';
import type { RunEnd } from '../contract.js';
import type { LogEntry } from '../runs/log-entry.js';
import { completionView } from './completion-view.js';

const runId = newId();
const head = { id: `chatcmpl-${runId}`, created: 1, model: 'atoll "x"' };
const entry = (event: LogEntry['event'], data: object): LogEntry => ({ id: 1, event, json: JSON.stringify(data) });
const end: RunEnd = { runId, messageId: newId(), outcome: 'answered', text: 'Hi', citations: [], truncated: false,
  usage: { inputTokens: 3, outputTokens: 2, cachedTokens: 1, estimated: false }, degraded: [], firstTokenMs: 1, latencyMs: 2 };
const parsed = (frames: string): unknown[] =>
  frames.split('\n\n').filter((frame) => frame !== '' && frame !== 'data: [DONE]').map((frame) => JSON.parse(frame.slice(6)) as unknown);

describe('completionView', () => {
  const view = completionView(head, true);

  it('shows a log as chunks', () => {
    expect(parsed(view.render(entry('run.started', {}))))
      .toMatchObject([{ id: head.id, object: 'chat.completion.chunk', model: head.model,
        choices: [{ delta: { role: 'assistant' }, finish_reason: null }], usage: null }]);
    expect(parsed(view.render(entry('answer.delta', { text: 'a "b"\n' }))))
      .toMatchObject([{ choices: [{ delta: { content: 'a "b"\n' } }] }]);
    expect(view.render(entry('run.sources', { sources: [] }))).toBe('');
  });

  it('ends with reason, citations, usage when asked for, and [DONE]', () => {
    const frames = view.render(entry('run.completed', end));
    expect(parsed(frames)).toMatchObject([{ choices: [{ finish_reason: 'stop' }], citations: [], run_id: runId },
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, prompt_tokens_details: { cached_tokens: 1 } } }]);
    expect(frames.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(parsed(completionView(head, false).render(entry('run.completed', { ...end, truncated: true }))))
      .toMatchObject([{ choices: [{ finish_reason: 'length' }] }]);
  });

  it('ends a failed answer as an error, and a stopped one as an answer', () => {
    expect(parsed(view.render(entry('run.failed', { ...end, outcome: 'failed',
      error: { code: 'unavailable', reason: 'agent.model-cut', message: 'broke' } }))))
      .toEqual([{ error: { message: 'broke', type: 'server_error', code: 'agent.model-cut', param: null } }]);
    expect(parsed(view.render(entry('run.interrupted', { ...end, outcome: 'interrupted' }))))
      .toMatchObject([{ error: { code: 'agent.interrupted' } }]);
    expect(parsed(view.render(entry('run.cancelled', { ...end, outcome: 'cancelled' })))[0])
      .toMatchObject({ choices: [{ finish_reason: 'stop' }] });
  });
});
