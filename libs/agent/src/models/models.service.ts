import { Injectable } from '@nestjs/common';
import { Egress } from '#platform/adapters';
import { AgentConfig } from '../agent.config.js';
import type { ChatModel, ModelCall, ModelPart } from './chat-model.js';
import { streamParts } from './langchain.js';

export const OFFLINE_MODEL = 'atoll-offline';

/** Tenants name the models of their agents: what is kept of them must end somewhere. */
const MOST_MODELS = 200;

class OfflineModel implements ChatModel {
  readonly name = OFFLINE_MODEL;
  readonly offline = true;
  readonly provider = 'atoll';

  async *stream({ messages, signal }: ModelCall): AsyncGenerator<ModelPart> {
    const { OfflineChatModel } = await import('../offline/offline.model.js');
    yield* streamParts(new OfflineChatModel(), messages, { signal });
  }
}

/** Which model answers for an agent. */
@Injectable()
export class Models {
  private readonly offline = new OfflineModel();
  private readonly online = new Map<string, ChatModel>();

  constructor(
    private readonly config: AgentConfig,
    private readonly egress: Egress,
  ) {}

  /** Its name is known before it is loaded: the budget is asked first. */
  nameFor(wanted: string | null): string {
    return this.config.hasModel ? (wanted ?? this.config.chatModel) : OFFLINE_MODEL;
  }

  /** The agent's own model, else the deployment's; without a provider the built-in one, whatever the agent wants. */
  async for(wanted: string | null): Promise<ChatModel> {
    const name = this.nameFor(wanted);
    if (name === OFFLINE_MODEL) return this.offline;
    const known = this.online.get(name);
    if (known) return known;
    const { OpenAiModel } = await import('./openai.model.js');
    const silence = this.config.silenceSeconds * 1000;
    const fetch = this.egress.as({ purpose: 'agent.model', trust: 'operator', timeoutMs: silence, bodyTimeoutMs: silence, maxBytes: Number.MAX_SAFE_INTEGER, maxRedirects: 0 });
    const model = new OpenAiModel(name, this.config, fetch);
    if (this.online.size >= MOST_MODELS) this.online.delete(this.online.keys().next().value!);
    this.online.set(name, model);
    return model;
  }
}
