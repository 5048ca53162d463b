import { createHash } from 'node:crypto';

interface EmbeddingRequest {
  model: string;
  input: string | string[];
  dimensions?: number;
  encoding_format?: 'float' | 'base64';
}

const DIMENSIONS = 256;

/** Deterministic embeddings: texts that share words are near to each other, so that search over them behaves sensibly. */
export function embeddings(request: EmbeddingRequest): string {
  const texts = typeof request.input === 'string' ? [request.input] : request.input;
  const data = texts.map((text, index) => {
    const vector = embed(text, request.dimensions ?? DIMENSIONS);
    const embedding = request.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  const tokens = texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  return JSON.stringify({ object: 'list', data, model: request.model, usage: { prompt_tokens: tokens, total_tokens: tokens } });
}

function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    const hash = createHash('sha256').update(word).digest();
    for (let at = 0; at < 16; at += 4) {
      const slot = hash.readUInt16LE(at) % dimensions;
      vector[slot]! += hash[at + 2]! & 1 ? 1 : -1;
    }
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
