import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, RateClass, type SseAnswer, ssePush, TakesBody } from '#platform/http';
import { AppError, type ErrorData, fromErrorData } from '#platform/core';
import { OFFLINE_MODEL } from '#billing';
import { Unaudited } from '#platform/privacy';
import { AgentProfileService } from '../agents/agent-profile.service.js';
import { ChatService } from '../chat/chat.service.js';
import type { AgentProfile, RunEnd } from '../contract.js';
import { Models } from '../models/models.service.js';
import { isEnd, type LogEntry } from '../runs/log-entry.js';
import { sinkReader } from '../runs/log-readers.js';
import { RepeatedRun } from '../runs/repeated-run.js';
import type { RunRow } from '../runs/run.entity.js';
import { RunFollower } from '../runs/run-follower.js';
import type { RunLog } from '../runs/run-log.js';
import { readChatRequest } from './chat-request.js';
import { completion, completionHead, completionView, isFiltered } from './completion-view.js';
import { OpenAiProblems } from './openai-error.js';
import { bad } from './openai-request.js';

/** A stream whose first word takes longer begins without it, so that its connection is kept alive. */
const FIRST_WORD_MS = 10_000;

@ApiTags('openai')
@Controller('v1/chat/completions')
export class CompletionsController {
  constructor(
    private readonly chat: ChatService,
    private readonly agents: AgentProfileService,
    private readonly models: Models,
    private readonly repeated: RepeatedRun,
    private readonly follower: RunFollower,
  ) {}

  /** OpenAI's chat completions: `model` names an agent. The client keeps the conversation; the answer is a run like any other. */
  @Post()
  @HttpCode(200)
  @Allow('agent.runs.write')
  @RateClass('answers')
  @TakesBody({ bytes: Infinity, members: 10_000 })
  @Unaudited('a run is a log of its own: who asked, when and whom')
  @OpenAiProblems()
  async create(@Body() body: object, @Res({ passthrough: true }) reply: FastifyReply): Promise<object | SseAnswer> {
    const { model, question, history, system, temperature, maxTokens, stream, includeUsage, stop, fields, binding } = readChatRequest(body);
    const agent = await agentNamed(this.agents, model);
    if (binding.length > 0 && this.models.nameFor(agent.model) === OFFLINE_MODEL) throw onlyProviders(binding[0]!);
    const { runId, begun } = await this.repeated.find();
    if (begun) return this.again(begun, model, stream, includeUsage);
    const run = await this.chat.complete(runId,
      { agent, text: question, history, clientInstructions: system, temperature: temperature ?? agent.temperature, maxTokens, stop,
        fields });
    const head = completionHead(run.facts, model, run.startedAt);
    void reply.header('x-atoll-run-id', run.facts.runId);
    if (stream && (await speaks(run))) {
      void reply.header('content-location', `/v1/runs/${run.facts.runId}/events`);
      const view = completionView(head, includeUsage);
      return ssePush((sink) => run.follow(0, sinkReader(sink, view)), { view });
    }
    const end = JSON.parse((await run.ended).json) as RunEnd;
    if (end.error && !isFiltered(end)) throw fieldRefusal(fields, end.error) ?? fromErrorData(end.error);
    return completion(head, end);
  }

  /** Of a run that was begun under this Idempotency-Key before, by a process that died before it answered. */
  private async again({ id, startedAt }: RunRow, model: string, stream: boolean, includeUsage: boolean): Promise<object | SseAnswer> {
    const head = completionHead({ runId: id }, model, startedAt.getTime());
    const view = completionView(head, includeUsage);
    if (stream) return ssePush((sink) => this.follower.follow(id, 0, sinkReader(sink, view)), { view });
    const end = await this.repeated.end(id);
    if (end.error) throw fromErrorData(end.error);
    return completion(head, end);
  }
}

/**
 * Whether the answer is shown as a stream: once its first word is there, or nobody can say yet. One that failed before is refused with the
 * status that its client understands; behind the first byte of a stream there is none.
 */
async function speaks(run: RunLog): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  const waited = new Promise<true>((resolve) => (timer = setTimeout(resolve, FIRST_WORD_MS, true)));
  const said = new Promise<boolean>((resolve) => {
    const read = (entries: readonly LogEntry[]): boolean => {
      const first = entries.find((entry) => entry.event === 'answer.delta' || isEnd(entry));
      if (first) resolve(first.event !== 'run.failed' || isFiltered(JSON.parse(first.json) as RunEnd));
      return first === undefined;
    };
    stop = run.follow(0, { read, fail: () => resolve(false) });
  });
  try {
    return await Promise.race([said, waited]);
  } finally {
    clearTimeout(timer);
    stop?.();
  }
}

/** A field of the client's own that the provider refused: for the client to leave out. */
function fieldRefusal(fields: Record<string, unknown>, { reason, details }: ErrorData): AppError | null {
  const named = String(details?.['upstreamParam'] ?? '');
  const field = Object.keys(fields).find((name) => named === name || named.startsWith(`${name}.`));
  return field && reason === 'agent.model-rejected'
    ? bad(`The model of this agent does not take ${field} as it was given. Send the request without it.`, field)
    : null;
}

function onlyProviders(field: string): AppError {
  return bad(`${field} is not supported by the built-in offline model, which quotes documents. Send the request without it, or ask an ` +
    'agent with a language model.', field);
}

/** The agent that an OpenAI client names as its model. */
export async function agentNamed(agents: AgentProfileService, model: string): Promise<AgentProfile> {
  try {
    return await agents.byHandle(model);
  } catch (error) {
    throw error instanceof AppError && error.code === 'not-found' ? modelNotFound(model) : error;
  }
}

function modelNotFound(model: string): AppError {
  return new AppError('not-found', 'agent.model-not-found',
    `There is no agent called "${model.slice(0, 100)}". GET /v1/models lists the agents; "default" is the default one.`,
    { param: 'model' });
}
