import { setImmediate as nextTurn } from 'node:timers/promises';
import { isStopWord, type Language, languageOf, stem, words } from '#platform/text';
import { Embedder } from './embedder.js';

const DIMENSIONS = 384;
/** A word's character sequences count less than the word: they only bring near what is misspelt, compounded or inflected. */
const SEQUENCE_WEIGHT = 0.3;

/** Characters of a text that are taken at a time, some milliseconds of work; between them others have their turn. */
const SLICE = 8_000;
/** Of a longer text the beginning is read, as models do that take 8,000 tokens. */
const MAX_TEXT = 32_768;

/**
 * Vectors without a model: stemmed words and their character sequences of 3 and 4, each hashed to two places with a sign. Deterministic,
 * no network, about 0.3 ms a passage. It knows spelling, not meaning: beside BM25 it mends typos and compounds.
 */
export class OfflineEmbedder extends Embedder {
  readonly name = 'offline-1';
  readonly dimensions = DIMENSIONS;
  readonly semantic = false;

  async embed(texts: string[]): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (const text of texts) {
      const features = new Features();
      for (const slice of slicesOf(text)) {
        features.add(slice);
        await nextTurn();
      }
      const vector = new Float32Array(DIMENSIONS);
      for (const _ of features.placed(vector)) await nextTurn();
      vectors.push(unit(vector));
    }
    return vectors;
  }
}

export function embedOffline(text: string): Float32Array {
  const features = new Features();
  for (const slice of slicesOf(text)) features.add(slice);
  const vector = new Float32Array(DIMENSIONS);
  for (const _ of features.placed(vector)) { /* all at once */ }
  return unit(vector);
}

/** Ends a slice at a space, where there is one. */
function* slicesOf(whole: string): Generator<string> {
  const text = whole.slice(0, MAX_TEXT);
  for (let from = 0; from < text.length;) {
    const space = from + SLICE < text.length ? text.lastIndexOf(' ', from + SLICE) : -1;
    const to = space > from ? space : from + SLICE;
    yield text.slice(from, to);
    from = to;
  }
}

/** What a text is made of, counted. */
class Features {
  private readonly wholes = new Map<string, number>();
  private readonly sequences = new Map<string, number>();
  private language: Language | undefined;

  add(slice: string): void {
    const found = words(slice);
    const language = (this.language ??= languageOf(found) ?? 'en');
    const meant = found.filter(({ text: word }) => !isStopWord(word, language));
    for (const { text: word } of meant.length > 0 ? meant : found) {
      count(this.wholes, stem(word, language));
      const edged = `^${word}$`;
      for (let size = 3; size <= 4; size++) for (let at = 0; at + size <= edged.length; at++)
        count(this.sequences, edged.slice(at, at + size));
    }
  }

  /** Puts all of it into `vector`, with a rest after every so many. */
  *placed(vector: Float32Array): Generator<void> {
    let placed = 0;
    for (const [counts, mark, weight] of [[this.wholes, '', 1], [this.sequences, '~', SEQUENCE_WEIGHT]] as const) {
      for (const [feature, times] of counts) {
        add(vector, mark + feature, weight * (1 + Math.log(times)));
        if (++placed % SLICE === 0) yield;
      }
    }
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function add(vector: Float32Array, feature: string, weight: number): void {
  const hash = hashOf(feature);
  place(vector, hash, weight);
  place(vector, Math.imul(hash ^ 0x9e3779b9, 0x85ebca6b) >>> 0, weight);
}

function place(vector: Float32Array, hash: number, weight: number): void {
  vector[(hash & 0x7fffffff) % DIMENSIONS]! += hash >>> 31 === 0 ? weight : -weight;
}

/** FNV-1a with a final mix. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Scales to length 1 in place; a vector of zeros stays one. */
export function unit(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const scale = sum === 0 ? 0 : 1 / Math.sqrt(sum);
  for (let at = 0; at < vector.length; at++) vector[at]! *= scale;
  return vector;
}

/** Of unit vectors the cosine. 0 where the lengths differ: vectors of two models say nothing about each other. */
export function dot(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return 0;
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += one[at]! * other[at]!;
  return sum;
}
