import { Injectable } from '@nestjs/common';
import { Billing } from '#billing';
import { defineJob, Job, type RunningJob } from '#platform/messaging';
import { Memory } from '#memory';
import { AgentProfileService } from '../agents/agent-profile.service.js';
import { unlessGone } from './unless-gone.js';

interface UsedTokens {
  runId: string;
  model: string;
  userId: string;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
  /** When it ended, ISO 8601. */
  at: string;
}

interface FinishedTurn {
  runId: string;
  agentId: string;
  conversationId: string;
  questionId: string;
  messageId: string;
}

/** Tells billing what a run used. The order is committed with the run's end, and billing counts a run once. */
export const reportUsage = defineJob<UsedTokens>('agent.report-usage', { attempts: 12, concurrency: 4 });

/** Lets memory look through a turn for what the person said about themselves. */
export const rememberTurn = defineJob<FinishedTurn>('agent.remember-turn', { attempts: 5, concurrency: 4 });

@Injectable()
export class AfterTurnJobs {
  constructor(
    private readonly billing: Billing,
    private readonly memory: Memory,
    private readonly agents: AgentProfileService,
  ) {}

  @Job(reportUsage)
  async report({ data }: RunningJob<UsedTokens>): Promise<void> {
    if (data.inputTokens + data.outputTokens === 0) await this.billing.release({ runId: data.runId });
    else await this.billing.settle(data);
  }

  /** The conversation or the agent may be deleted before the job's turn comes. */
  @Job(rememberTurn)
  async remember({ data: { runId, agentId, conversationId, questionId, messageId } }: RunningJob<FinishedTurn>): Promise<void> {
    const agent = await this.agents.find(agentId).catch(unlessGone);
    if (!agent?.memory) return;
    const messages = [questionId, messageId].map((id) => this.memory.message({ messageId: id }).catch(unlessGone));
    const [question, answer] = await Promise.all(messages);
    if (question) await this.memory.learn({ turnId: runId, conversationId, question: question.text, answer: answer?.text ?? '' });
  }
}
