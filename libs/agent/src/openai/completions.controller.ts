import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, RateClass, type SseAnswer, ssePush, TakesBody } from '#platform/http';
import { AppError, fromErrorData, newId } from '#platform/core';
import { Unaudited } from '#platform/privacy';
import { AgentProfileService } from '../agents/agent-profile.service.js';
import { ChatService } from '../chat/chat.service.js';
import type { AgentProfile, RunEnd } from '../contract.js';
import { sinkReader } from '../runs/log-readers.js';
import { readChatRequest } from './chat-request.js';
import { completion, completionHead, completionView } from './completion-view.js';
import { OpenAiProblems } from './openai-error.js';

@ApiTags('openai')
@Controller('v1/chat/completions')
export class CompletionsController {
  constructor(
    private readonly chat: ChatService,
    private readonly agents: AgentProfileService,
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
    const { model, question, history, system, temperature, maxTokens, stream, includeUsage } = readChatRequest(body);
    const agent = await agentNamed(this.agents, model);
    const run = await this.chat.complete(newId(),
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
