import { Injectable } from '@nestjs/common';
import { AgentProfileService } from './agents/agent-profile.service.js';
import { ChatService } from './chat/chat.service.js';
import { Agent, type AgentProfile, type Run, type RunEvent } from './contract.js';
import { iterateLog } from './runs/log-readers.js';
import { RunRepository } from './runs/run.repository.js';
import { RunService } from './runs/run.service.js';
import { RunFollower } from './runs/run-follower.js';

@Injectable()
export class AgentService extends Agent {
  constructor(
    private readonly chat: ChatService,
    private readonly runs: RunService,
    private readonly follower: RunFollower,
    private readonly repository: RunRepository,
    private readonly profiles: AgentProfileService,
  ) {
    super();
  }

  async *ask(question: Parameters<Agent['ask']>[0]): AsyncGenerator<RunEvent> {
    if (!(await this.repository.find(question.runId))) await this.chat.ask(question);
    yield* this.events({ runId: question.runId, after: 0 });
  }

  events({ runId, after }: Parameters<Agent['events']>[0]): AsyncGenerator<RunEvent> {
    return iterateLog((reader) => this.follower.follow(runId, after, reader));
  }

  run({ runId }: Parameters<Agent['run']>[0]): Promise<Run> {
    return this.runs.find(runId);
  }

  cancel({ runId }: Parameters<Agent['cancel']>[0]): Promise<Run> {
    return this.runs.cancel(runId);
  }

  knows({ agentId }: { agentId: string }): Promise<boolean> {
    return this.profiles.knows(agentId);
  }

  agents(): Promise<AgentProfile[]> {
    return this.profiles.list();
  }
}
