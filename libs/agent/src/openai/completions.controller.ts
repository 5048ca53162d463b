import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, RateClass, type SseAnswer, ssePush } from '#platform/http';
import { AppError, fromErrorData } from '#platform/core';
import { Unaudited } from '#platform/privacy';
import { AgentProfileService } from '../agents/agent-profile.service.js';
import { ChatService } from '../chat/chat.service.js';
import type { AgentProfile, RunEnd } from '../contract.js';
import { sinkReader } from '../runs/log-readers.js';
import { RepeatedRun } from '../runs/repeated-run.js';
import type { RunRow } from '../runs/run.entity.js';
import { RunFollower } from '../runs/run-follower.js';
import { readChatRequest } from './chat-request.js';
import { completion, completionHead, completionView } from './completion-view.js';
import { OpenAiProblems } from './openai-error.js';

@ApiTags('openai')
@Controller('v1/chat/completions')
export class CompletionsController {
  constructor(
    private readonly chat: ChatService,
    private readonly agents: AgentProfileService,
    private readonly repeated: RepeatedRun,
    private readonly follower: RunFollower,
  ) {}

  /** OpenAI's chat completions: `model` names an agent. The client keeps the conversation; the answer is a run like any other. */
  @Post()
  @HttpCode(200)
  @Allow('agent.runs.write')
  @RateClass('answers')
  @Unaudited('a run is a log of its own: who asked, when and whom')
  @OpenAiProblems()
  async create(@Body() body: object, @Res({ passthrough: true }) reply: FastifyReply): Promise<object | SseAnswer> {
    const { model, question, history, system, temperature, maxTokens, stream, includeUsage } = readChatRequest(body);
    const agent = await agentNamed(this.agents, model);
    const { runId, begun } = await this.repeated.find();
    if (begun) return this.again(begun, model, stream, includeUsage);
    const run = await this.chat.complete(runId,
      { agent, text: question, history, clientInstructions: system, temperature: temperature ?? agent.temperature, maxTokens });
    const head = completionHead(run.facts, model, run.startedAt);
    void reply.header('x-atoll-run-id', run.facts.runId);
    if (stream) {
      void reply.header('content-location', `/v1/runs/${run.facts.runId}/events`);
      const view = completionView(head, includeUsage);
      return ssePush((sink) => run.follow(0, sinkReader(sink, view)), { view });
    }
    const end = JSON.parse((await run.ended).json) as RunEnd;
    if (end.error) throw fromErrorData(end.error);
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
