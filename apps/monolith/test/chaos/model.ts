import { type ChatRequest, lastUserText, type ModelReply, ModelServer } from '#platform/testing';

/** Every question carries one of these, so that an answer, its tokens and what the model was shown can be told apart. */
const NONCE = /q[0-9a-f]{16}/g;

export interface Served {
  inputTokens: number;
  outputTokens: number;
  /** The answer's text in full. */
  text: string;
  /** All that the model was shown. */
  shown: string;
}

/** A model behind a real socket that answers each question in its own words, at the pace of a real one. */
export class TalkingModel {
  /** What was served for each nonce, in the order of asking. */
  readonly served = new Map<string, Served[]>();

  private constructor(private readonly server: ModelServer) {}

  static async start(): Promise<TalkingModel> {
    const model = new TalkingModel(await ModelServer.start({ keep: 100 }));
    model.server.always((request) => model.reply(request));
    return model;
  }

  get env(): Record<string, string> {
    return { OPENAI_API_KEY: 'any', OPENAI_BASE_URL: this.server.url, ATOLL_CHAT_MODEL: 'scripted-model',
      ATOLL_EMBEDDING_MODEL: 'offline' };
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  private reply(request: ChatRequest): ModelReply {
    const nonce = lastUserText(request).match(NONCE)?.at(-1) ?? 'none';
    const number = parseInt(nonce.slice(1, 9), 16) || 0;
    const parts = Array.from({ length: 20 + (number % 60) }, (_, at) => (at === 0 ? `${nonce} ` : `word${at} `));
    const served = { inputTokens: 100 + (number % 1_000), outputTokens: parts.length, text: parts.join(''),
      shown: JSON.stringify(request.messages) };
    this.served.set(nonce, [...(this.served.get(nonce) ?? []), served]);
    return { text: parts, firstDelayMs: 20, delayMs: 15, usage: served };
  }
}
