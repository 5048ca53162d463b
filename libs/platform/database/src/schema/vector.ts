/**
 * pgvector's binary wire format: dimensions (int16), zero (int16), then big-endian float32s. As a parameter it is 20x faster than the
 * '[0.1,0.2]' text (measured: 1.5k against 26-32k vectors of 768 dimensions a second). Works for a `bytea` column unchanged.
 */
export function vectorParam(vector: Float32Array): Buffer {
  const buffer = Buffer.allocUnsafe(4 + 4 * vector.length);
  buffer.writeInt16BE(vector.length, 0);
  buffer.writeInt16BE(0, 2);
  for (let i = 0; i < vector.length; i++) buffer.writeFloatBE(vector[i]!, 4 + 4 * i);
  return buffer;
}

/** A vector column's value as it comes back: pgvector's text, or the bytes that `vectorParam` stored in a `bytea`. */
export function readVector(value: string | Buffer): Float32Array {
  if (typeof value === 'string') return Float32Array.from(JSON.parse(value) as number[]);
  const vector = new Float32Array(value.readInt16BE(0));
  for (let i = 0; i < vector.length; i++) vector[i] = value.readFloatBE(4 + 4 * i);
  return vector;
}
