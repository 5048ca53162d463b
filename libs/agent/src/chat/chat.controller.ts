import { Body, Controller, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Allow, IdParam, RateClass, type SseAnswer, ssePush, TakesBody } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { fromErrorData } from '#platform/core';
import type { Message } from '#memory';
import type { Run, RunEnd } from '../contract.js';
import { nativeRunView, sinkReader } from '../runs/log-readers.js';
import { MESSAGE_STATUS, RunService } from '../runs/run.service.js';
import { RepeatedRun } from '../runs/repeated-run.js';
import { RunFollower } from '../runs/run-follower.js';
import { ChatService } from './chat.service.js';

export class NewMessage {
  @IsString() @MaxLength(32_000) @Matches(/\S/, { message: 'text must not be empty' })
  text: string;
}

export interface AnsweredMessage {
  message: Pick<Message, 'id' | 'role' | 'text' | 'status' | 'citations' | 'runId'>;
  run: Run;
}

@ApiTags('conversations')
@Controller('v1/conversations/:id/messages')
export class ChatController {
  constructor(
    private readonly chat: ChatService,
    private readonly runs: RunService,
    private readonly repeated: RepeatedRun,
    private readonly follower: RunFollower,
  ) {}

  /** Asks, and answers as a stream of the run's events where `Accept: text/event-stream` is sent, else with the whole answer at its end. */
  @Post()
  @HttpCode(200)
  @ApiProduces('application/json', 'text/event-stream')
  @Allow('agent.runs.write')
  @RateClass('answers')
  @TakesBody({ bytes: 262_144 })
  @Unaudited('a run is a log of its own: who asked, when and whom')
  async send(
    @Param('id', new IdParam('conversation')) conversationId: string,
    @Body() { text }: NewMessage,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('accept') accept = '',
  ): Promise<AnsweredMessage | SseAnswer> {
    const { runId, begun } = await this.repeated.find();
    const run = begun ? undefined : await this.chat.ask({ runId, conversationId, text });
    void reply.header('x-atoll-run-id', runId);
    if (!accept.includes('text/event-stream')) {
      return this.whole(run ? (JSON.parse((await run.ended).json) as RunEnd) : await this.repeated.end(runId));
    }
    // Where to read on: also what a second request under the same Idempotency-Key is told.
    void reply.header('content-location', `/v1/runs/${runId}/events`);
    return ssePush((sink) => this.follower.follow(runId, 0, sinkReader(sink, nativeRunView)), { view: nativeRunView });
  }

  private async whole(end: RunEnd): Promise<AnsweredMessage> {
    if (end.error) throw fromErrorData({ ...end.error, details: { ...end.error.details, runId: end.runId, messageId: end.messageId } });
    const state = await this.runs.find(end.runId);
    const status = MESSAGE_STATUS[state.status === 'running' ? 'completed' : state.status];
    const { messageId: id, text, citations, runId } = end;
    return { message: { id, role: 'assistant', text, status, citations, runId }, run: state };
  }
}
