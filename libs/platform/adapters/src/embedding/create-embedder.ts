import type { Egress } from '../egress/egress.js';
import type { Embedder } from './embedder.js';
import type { EmbeddingConfig } from './embedding.config.js';
import { OfflineEmbedder } from './offline.embedder.js';
import { OpenAiEmbedder } from './openai.embedder.js';

/** The embedder the configuration names. A context that embeds provides it under the token `Embedder`. */
export function createEmbedder(config: EmbeddingConfig, egress: Egress): Embedder {
  return config.model === 'offline' ? new OfflineEmbedder()
    : new OpenAiEmbedder(config, egress.as({ purpose: 'kernel.embedding', trust: 'operator', timeoutMs: 20_000 }));
}
