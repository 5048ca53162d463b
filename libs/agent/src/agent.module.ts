import { Global, Module } from '@nestjs/common';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { provideContract } from '#platform/core';
import { AgentConfig } from './agent.config.js';
import { dataMap } from './agent.data.js';
import { AgentService } from './agent.service.js';
import { AgentRow } from './agents/agent.entity.js';
import { AgentsController } from './agents/agents.controller.js';
import { Agents } from './agents/agents.service.js';
import { AfterTurnJobs } from './chat/after-turn.jobs.js';
import { Answering } from './chat/answering.js';
import { ChatController } from './chat/chat.controller.js';
import { ChatService } from './chat/chat.service.js';
import { Grounding } from './chat/grounding.js';
import { Agent, agentContract } from './contract.js';
import { FeedbackController } from './feedback/feedback.controller.js';
import { FeedbackRow } from './feedback/feedback.entity.js';
import { FeedbackService } from './feedback/feedback.service.js';
import { agentsAndRuns } from './migrations/0001-agents-and-runs.js';
import { grants } from './migrations/0020-grants.js';
import { Models } from './models/models.service.js';
import { CompletionsController } from './openai/completions.controller.js';
import { EmbeddingsController } from './openai/embeddings.controller.js';
import { ModelsController } from './openai/models.controller.js';
import { LogFlusher } from './runs/flusher.js';
import { RunController } from './runs/run.controller.js';
import { RunRow } from './runs/run.entity.js';
import { RunLine } from './runs/run-line.js';
import { RunLog } from './runs/run-log.js';
import { RunRecovery } from './runs/run-recovery.js';
import { Runs } from './runs/runs.service.js';
import { RunStore } from './runs/run-store.js';
import { RunWriter } from './runs/run-writer.js';

/** For the bench that judges it. */
export { answerOffline } from './offline/answer.js';

@Global()
@Module({
  imports: [ContextModule.for('agent')],
  controllers: [AgentsController, ChatController, RunController, FeedbackController, CompletionsController, ModelsController, EmbeddingsController],
  providers: [
    Agents, AfterTurnJobs, Answering, ChatService, FeedbackService, Grounding, Models,
    LogFlusher, RunLine, RunLog, RunRecovery, Runs, RunStore, RunWriter,
    ...provideContract(agentContract, AgentService),
  ],
  exports: [Agent],
})
export class AgentModule {}

export const context: ContextWiring = {
  name: 'agent',
  contract: agentContract,
  module: AgentModule,
  config: [AgentConfig],
  entities: [AgentRow, RunRow, FeedbackRow],
  migrations: [agentsAndRuns, grants],
  dataMap,
};
