import { Injectable } from '@nestjs/common';
import { Agents } from './agents/agents.service.js';
import { ChatService } from './chat/chat.service.js';
import { Agent, type AgentProfile, type Run, type RunEvent } from './contract.js';
import { iterateLog } from './runs/log-readers.js';
import { RunLog } from './runs/run-log.js';
import { RunStore } from './runs/run-store.js';
import { Runs } from './runs/runs.service.js';

@Injectable()
export class AgentService extends Agent {
  constructor(
    private readonly chat: ChatService,
    private readonly runs: Runs,
    private readonly log: RunLog,
    private readonly store: RunStore,
    private readonly profiles: Agents,
  ) {
    super();
  }

  async *ask(question: Parameters<Agent['ask']>[0]): AsyncGenerator<RunEvent> {
    if (!(await this.store.find(question.runId))) await this.chat.ask(question);
    yield* this.events({ runId: question.runId, after: 0 });
  }

  events({ runId, after }: Parameters<Agent['events']>[0]): AsyncGenerator<RunEvent> {
    return iterateLog((reader) => this.log.follow(runId, after, reader));
  }

  run({ runId }: Parameters<Agent['run']>[0]): Promise<Run> {
    return this.runs.find(runId);
  }

  cancel({ runId }: Parameters<Agent['cancel']>[0]): Promise<Run> {
    return this.runs.cancel(runId);
  }

  agents(): Promise<AgentProfile[]> {
    return this.profiles.list();
  }
}
