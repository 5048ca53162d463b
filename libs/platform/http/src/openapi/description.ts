import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

export type JsonSchema = Record<string, unknown>;

interface DescribedParameter {
  name: string;
  in: 'query' | 'path';
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

export interface DescribedOperation {
  summary?: string;
  description?: string;
  parameters: DescribedParameter[];
  body?: JsonSchema;
  json?: JsonSchema;
  stream: boolean;
  file: boolean;
  text?: boolean;
}

/** What tools/openapi-metadata.mjs read out of the controllers' types and comments. */
export interface Description {
  version: string;
  operations: Record<string, DescribedOperation>;
  schemas: Record<string, JsonSchema>;
}

const NOTHING: Description = { version: 'none', operations: {}, schemas: {} };

/** dist/openapi.json, or nothing where it was not built (tests) or not yet (the first seconds of a first start). */
export function readDescription(): Description {
  try {
    return JSON.parse(readFileSync(descriptionFile(), 'utf8')) as Description;
  } catch {
    return NOTHING;
  }
}

/** Changes when a new description appeared. */
export function descriptionAge(): number {
  return statSync(descriptionFile(), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Beside dist/libs, where the build leaves it; five folders up from here, in dist/ as in the sources. */
function descriptionFile(): string {
  const top = join(import.meta.dirname, '../../../../..');
  return basename(top) === 'dist' ? join(top, 'openapi.json') : join(top, 'dist', 'openapi.json');
}
