import { type Language, terms } from '#platform/text';

/** What a passage is indexed by. */
interface PassageSource {
  text: string;
  headings: string[];
  context: string;
  documentName: string;
}

export interface PassageTerms {
  /** Weighted occurrences: a word of a heading counts beside the words of the text it stands above. */
  counts: Map<string, number>;
  /** Sum of the counts: what BM25 calls the length. */
  length: number;
  /** The terms of headings and text in reading order: what tells whether asked words stand together. */
  sequence: string[];
}

/** Weights of a word by where it stands, in whole quarters (they are stored so). Chosen on Cranfield and XQuAD: docs/adr, retrieval. */
const FIELD_WEIGHTS = { text: 1, heading: 2, context: 0.5, documentName: 0.5 };

export function passageTerms(passage: PassageSource, language: Language): PassageTerms {
  const counts = new Map<string, number>();
  const sequence: string[] = [];
  let length = 0;
  const add = (text: string, weight: number): void => {
    for (const term of terms(text, language)) {
      const key = term.slice(0, MAX_TERM);
      counts.set(key, (counts.get(key) ?? 0) + weight);
      length += weight;
      if (weight >= 1) sequence.push(key);
    }
  };
  for (const heading of passage.headings) add(heading, FIELD_WEIGHTS.heading);
  add(passage.text, FIELD_WEIGHTS.text);
  add(passage.context, FIELD_WEIGHTS.context);
  if (!passage.headings.includes(passage.documentName)) add(withoutExtension(passage.documentName), FIELD_WEIGHTS.documentName);
  return { counts, length, sequence };
}

/** Longer "words" are encoded data; their first characters tell them apart well enough and keep index rows small. */
export const MAX_TERM = 64;

function withoutExtension(name: string): string {
  return name.replace(/\.[a-z0-9]{1,5}$/i, '');
}
