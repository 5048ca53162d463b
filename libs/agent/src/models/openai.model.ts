import { ChatOpenAICompletions } from '@langchain/openai';
import type { AgentConfig } from '../agent.config.js';
import type { ChatModel, ModelCall, ModelPart } from './chat-model.js';

type Client = ChatOpenAICompletions;

/** A client per temperature and length; tenants choose both, so their number is bounded. */
const MOST_CLIENTS = 50;

/**
 * Any server that speaks OpenAI's chat completions. LangChain's client makes the request and asks again while nothing was said; its stream
 * is read as it comes rather than through `stream()`, whose message objects cost 22 us of CPU a token against 8.
 * Loading it takes some 300 ms: only `import()` it.
 */
export class OpenAiModel implements ChatModel {
  readonly offline = false;
  readonly provider = 'openai';
  private readonly clients = new Map<string, Client>();

  constructor(
    readonly name: string,
    private readonly config: Pick<AgentConfig, 'openAiKey' | 'openAiBaseUrl' | 'retries'>,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  async *stream({ messages, temperature, maxTokens, signal }: ModelCall): AsyncGenerator<ModelPart> {
    const client = this.clientFor(temperature, maxTokens);
    const request = { ...client.invocationParams({} as never, { streaming: true }), messages, stream: true as const };
    const chunks = await abortable(client.completionWithRetry(request, { signal }), signal);
    for await (const { choices, usage } of chunks) {
      const choice = choices[0];
      const text = choice?.delta.content;
      const finishReason = choice?.finish_reason;
      if (text && !finishReason && !usage) yield { text };
      else if (text || finishReason || usage) {
        yield {
          text: text ?? '',
          ...(finishReason && { finishReason }),
          ...(usage && { usage: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens, cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0 } }),
        };
      }
    }
  }

  private clientFor(temperature: number | null, maxTokens: number): Client {
    const key = `${temperature}/${maxTokens}`;
    let client = this.clients.get(key);
    if (!client) {
      if (this.clients.size >= MOST_CLIENTS) this.clients.clear();
      client = new ChatOpenAICompletions({
        model: this.name,
        apiKey: this.config.openAiKey ?? 'none',
        streamUsage: true,
        maxTokens,
        ...(temperature !== null && { temperature }),
        maxRetries: this.config.retries,
        configuration: { baseURL: this.config.openAiBaseUrl, fetch: this.fetch, logLevel: 'off' },
      });
      this.clients.set(key, client);
    }
    return client;
  }
}

/** The pauses between retries do not listen to the signal themselves. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}
