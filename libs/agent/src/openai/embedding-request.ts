import { bad, isObject } from './openai-request.js';

const MOST_TEXTS = 256;
const MOST_CHARS = 32_000;

export function readEmbeddingRequest(body: unknown): { texts: string[]; base64: boolean } {
  if (!isObject(body)) throw bad('The body must be a JSON object.', null);
  const { input, dimensions, encoding_format: format } = body;
  if (dimensions !== undefined && dimensions !== null)
    throw bad('dimensions cannot be chosen: vectors have the size of the deployment\'s embedder.', 'dimensions');
  if (format !== undefined && format !== null && format !== 'float' && format !== 'base64')
    throw bad('encoding_format must be float or base64.', 'encoding_format');
  return { texts: readTexts(input), base64: format === 'base64' };
}

function readTexts(input: unknown): string[] {
  if (input === undefined || input === null) throw bad('input is missing: give a text, or a list of texts.', 'input');
  if (typeof input === 'string') return [readText(input, 'input')];
  if (!Array.isArray(input)) throw bad('input must be a text, or a list of texts.', 'input');
  if (input.length === 0) throw bad('input is an empty list: give at least one text.', 'input');
  if (input.length > MOST_TEXTS)
    throw bad(`input holds ${input.length} texts; at most ${MOST_TEXTS} are taken at a time. Send the rest in another request.`, 'input');
  return input.map((text, at) => readText(text, `input[${at}]`));
}

function readText(text: unknown, where: string): string {
  if (typeof text === 'number' || Array.isArray(text))
    throw bad(`${where} is of tokens, which only their own model can read. Send the text itself.`, 'input');
  if (typeof text !== 'string') throw bad(`${where} must be text.`, 'input');
  if (text.trim() === '') throw bad(`${where} is empty: there is nothing to give a vector for.`, 'input');
  if (text.length > MOST_CHARS)
    throw bad(`${where} has ${text.length} characters; at most ${MOST_CHARS} are taken. Send it in parts.`, 'input');
  return text;
}
