import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { Injectable } from '@nestjs/common';
import { OFFLINE_MODEL } from '#billing';
import { Egress } from '#platform/adapters';
import { AgentConfig } from '../agent.config.js';
import { compatibleFetch } from './compatible-fetch.js';
import type { ModelSettings } from './openai-model.js';

/** Tenants choose model, temperature and length: what is kept of them must end somewhere. */
const MOST_MODELS = 200;

/** A provider that is busy for longer is not waited for: the asker is told when to come back. */
const LONGEST_PAUSE_MS = 20_000;

/** Which model answers for an agent. LangChain is loaded with the first answer. */
@Injectable()
export class Models {
  private readonly known = new Map<string, BaseChatModel>();
  private readonly fetch: typeof globalThis.fetch;

  constructor(
    private readonly config: AgentConfig,
    egress: Egress,
  ) {
    // Whoever reads the answer gives a silent model up first, and says so.
    const silence = config.silenceSeconds * 1000 + 2_000;
    const send = egress.as({
      purpose: 'agent.model', trust: 'operator',
      timeoutMs: silence, bodyTimeoutMs: silence, maxBytes: Number.MAX_SAFE_INTEGER, maxRedirects: 0,
    });
    this.fetch = compatibleFetch(send, { retries: config.retries, longestPauseMs: Math.min(LONGEST_PAUSE_MS, silence / 2) });
  }

  /** The agent's own model, else the deployment's; without a provider the built-in one, whatever the agent wants. */
  nameFor(wanted: string | null): string {
    return this.config.hasModel ? (wanted ?? this.config.chatModel) : OFFLINE_MODEL;
  }

  /** How long an answer may become: the deployment's limit, or less where the asker wants less. */
  answerTokens(wanted: number | null): number {
    return Math.min(wanted ?? this.config.answerTokens, this.config.answerTokens);
  }

  async open(settings: ModelSettings): Promise<BaseChatModel> {
    // What a client asked for by itself is seldom asked again.
    if (settings.fields && Object.keys(settings.fields).length > 0) return this.load(settings);
    const key = JSON.stringify([settings.model, settings.temperature, settings.maxTokens]);
    let model = this.known.get(key);
    if (!model) {
      model = await this.load(settings);
      if (this.known.size >= MOST_MODELS) this.known.delete(this.known.keys().next().value!);
      this.known.set(key, model);
    }
    return model;
  }

  private async load(settings: ModelSettings): Promise<BaseChatModel> {
    if (settings.model === OFFLINE_MODEL) return new (await import('../offline/offline.model.js')).OfflineChatModel();
    return (await import('./openai-model.js')).openAiModel(settings, this.config, this.fetch);
  }
}
