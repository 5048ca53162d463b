import { Global, Module } from '@nestjs/common';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { provideContract } from '#platform/core';
import { AgentDirectory } from '#tenancy';
import { AgentConfig } from './agent.config.js';
import { dataMap } from './agent.data.js';
import { AgentService } from './agent.service.js';
import { AgentRow } from './agents/agent.entity.js';
import { AgentsController } from './agents/agents.controller.js';
import { AgentProfileService } from './agents/agent-profile.service.js';
import { AnswerGenerator } from './chat/answer-generator.js';
import { ChatController } from './chat/chat.controller.js';
import { ChatService } from './chat/chat.service.js';
import { ContextBuilder } from './chat/context-builder.js';
import { Agent, agentContract } from './contract.js';
import { FeedbackController } from './feedback/feedback.controller.js';
import { FeedbackRow } from './feedback/feedback.entity.js';
import { FeedbackService } from './feedback/feedback.service.js';
import { agentsAndRuns } from './migrations/0001-agents-and-runs.js';
import { agentGrants } from './migrations/0020-grants.js';
import { runQuestion } from './migrations/0030-question.js';
import { Models } from './models/models.service.js';
import { CompletionsController } from './openai/completions.controller.js';
import { EmbeddingsController } from './openai/embeddings.controller.js';
import { ModelsController } from './openai/models.controller.js';
import { AfterTurnJobs } from './runs/after-turn.jobs.js';
import { RepeatedRun } from './runs/repeated-run.js';
import { RunController } from './runs/run.controller.js';
import { RunRow } from './runs/run.entity.js';
import { RunRepository } from './runs/run.repository.js';
import { RunService } from './runs/run.service.js';
import { RunFlusher } from './runs/run-flusher.js';
import { RunFollower } from './runs/run-follower.js';
import { RunRecovery } from './runs/run-recovery.js';
import { RunRelay } from './runs/run-relay.js';

/** For the bench that judges it. */
export { answerOffline } from './offline/answer.js';

@Global()
@Module({
  imports: [ContextModule.for('agent')],
  controllers: [
    AgentsController, ChatController, RunController, FeedbackController, CompletionsController, ModelsController, EmbeddingsController,
  ],
  providers: [
    AgentProfileService, AfterTurnJobs, AnswerGenerator, ChatService, ContextBuilder, FeedbackService, Models,
    RepeatedRun, RunFlusher, RunFollower, RunRecovery, RunRelay, RunRepository, RunService,
    ...provideContract(agentContract, AgentService),
    { provide: AgentDirectory, useExisting: Agent },
  ],
  exports: [Agent, AgentDirectory],
})
export class AgentModule {}

export const context: ContextWiring = {
  name: 'agent',
  contract: agentContract,
  module: AgentModule,
  config: [AgentConfig],
  entities: [AgentRow, RunRow, FeedbackRow],
  migrations: [agentsAndRuns, agentGrants, runQuestion],
  dataMap,
};
