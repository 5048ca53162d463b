import { bad, isObject } from './openai-request.js';

/** How an answer is asked for. */
export interface ChatOptions {
  stream: boolean;
  includeUsage: boolean;
  temperature: number | null;
  maxTokens: number | null;
  /** Kept by Atoll itself, whatever the model. */
  stop: string[];
  /** What only a language model can do: sent to the provider as it is. */
  fields: Record<string, unknown>;
  /** Those of `fields` that a model without a provider cannot do as if they were not there. */
  binding: string[];
}

type Body = Record<string, unknown>;

/** What an agent does not do, with what would change nothing beside it. */
const REFUSED: readonly [field: string, harmless: (value: unknown, body: Body) => boolean, why: string][] = [
  ['n', (n) => n === 1, 'n must be 1: an agent gives one answer.'],
  ['tools', (tools, { tool_choice: choice }) => isEmpty(tools) || choice === 'none',
    'Tools of the client are not supported: an agent of Atoll uses its own. Send the request without tools, or with tool_choice "none".'],
  ['functions', (functions, { function_call: call }) => isEmpty(functions) || call === 'none',
    'Functions of the client are not supported: an agent of Atoll uses its own tools. Send the request without functions.'],
  ['tool_choice', (choice) => choice === 'none' || choice === 'auto',
    'tool_choice must be "none" or "auto": tools of the client are not supported.'],
  ['function_call', (call) => call === 'none' || call === 'auto',
    'function_call must be "none" or "auto": functions of the client are not supported.'],
  ['logprobs', (logprobs) => logprobs === false, 'logprobs must be false: an agent does not tell the probabilities of its words.'],
  ['top_logprobs', (count) => count === 0, 'top_logprobs must be 0: an agent does not tell the probabilities of its words.'],
  ['modalities', (kinds) => Array.isArray(kinds) && kinds.every((kind) => kind === 'text'),
    'modalities must be ["text"]: an agent answers in text.'],
  ['audio', () => false, 'audio is not supported: an agent answers in text.'],
  ['web_search_options', () => false, 'web_search_options is not supported: an agent answers from the documents of its tenant.'],
];

/** Numbers that tune a language model, with their range. A model that draws nothing by chance answers the same whatever they are. */
const TUNING: readonly [field: string, least: number, most: number, whole: boolean][] = [
  ['top_p', 0, 1, false], ['frequency_penalty', -2, 2, false], ['presence_penalty', -2, 2, false],
  ['seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true],
];
const WORDS: Record<string, readonly string[]> = {
  reasoning_effort: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'], verbosity: ['low', 'medium', 'high'],
};
const MOST_STOPS = 4;
const LONGEST_STOP = 256;

/**
 * Every field that changes what the answer is. It is done here (temperature, length, stop, stream), sent to the provider, or refused.
 * Fields that change nothing of it (user, metadata, store, service_tier, prediction, …) are read over.
 */
export function readOptions(body: Body): ChatOptions {
  for (const [field, harmless, why] of REFUSED) if (isGiven(body[field]) && !harmless(body[field], body)) throw bad(why, field);
  const { stream_options: streamOptions } = body;
  if (isGiven(streamOptions) && !isObject(streamOptions)) throw bad('stream_options must be an object.', 'stream_options');
  const maxTokens = number(body, 'max_completion_tokens', 1, Number.MAX_SAFE_INTEGER, true);
  return {
    stream: flag(body, 'stream'),
    includeUsage: isObject(streamOptions) && flag(streamOptions, 'include_usage', 'stream_options.'),
    temperature: number(body, 'temperature', 0, 2, false),
    maxTokens: maxTokens ?? number(body, 'max_tokens', 1, Number.MAX_SAFE_INTEGER, true),
    stop: stops(body['stop']),
    ...providerFields(body),
  };
}

function providerFields(body: Body): Pick<ChatOptions, 'fields' | 'binding'> {
  const fields: Record<string, unknown> = {};
  for (const [field, least, most, whole] of TUNING) {
    const value = number(body, field, least, most, whole);
    if (value !== null) fields[field] = value;
  }
  for (const [field, words] of Object.entries(WORDS)) {
    if (!isGiven(body[field])) continue;
    if (!words.includes(body[field] as string)) throw bad(`${field} must be one of ${words.join(', ')}.`, field);
    fields[field] = body[field];
  }
  const format = responseFormat(body['response_format']);
  const bias = logitBias(body['logit_bias']);
  const bound = { ...(format && { response_format: format }), ...(bias && { logit_bias: bias }) };
  return { fields: { ...fields, ...bound }, binding: Object.keys(bound) };
}

function responseFormat(format: unknown): Body | null {
  if (!isGiven(format)) return null;
  const type = isObject(format) ? format['type'] : undefined;
  if (type === 'text') return null;
  if (type === 'json_object') return { type };
  const schema = isObject(format) ? format['json_schema'] : undefined;
  if (type === 'json_schema' && isObject(schema) && typeof schema['name'] === 'string') return { type, json_schema: schema };
  throw bad('response_format must be {"type":"text"}, {"type":"json_object"} or ' +
    '{"type":"json_schema","json_schema":{"name":…,"schema":…}}.',
    'response_format');
}

function logitBias(bias: unknown): Body | null {
  if (!isGiven(bias)) return null;
  if (!isObject(bias) || !Object.values(bias).every((one) => typeof one === 'number' && one >= -100 && one <= 100))
    throw bad('logit_bias must name tokens, each with a number from -100 to 100.', 'logit_bias');
  return Object.keys(bias).length > 0 ? bias : null;
}

function stops(stop: unknown): string[] {
  if (!isGiven(stop)) return [];
  const list = typeof stop === 'string' ? [stop] : stop;
  const sound = Array.isArray(list) && list.length <= MOST_STOPS &&
    list.every((one) => typeof one === 'string' && one !== '' && one.length <= LONGEST_STOP);
  if (!sound) throw bad(`stop must be a text, or at most ${MOST_STOPS} texts, of 1 to ${LONGEST_STOP} characters each.`, 'stop');
  return list as string[];
}

function flag(body: Body, field: string, path = ''): boolean {
  const value = body[field];
  if (isGiven(value) && typeof value !== 'boolean') throw bad(`${path}${field} must be true or false, not text or a number.`,
    `${path}${field}`);
  return value === true;
}

function number(body: Body, field: string, least: number, most: number, whole: boolean): number | null {
  const value = body[field];
  if (!isGiven(value)) return null;
  if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  const range = most >= Number.MAX_SAFE_INTEGER ? (least > 0 ? ' above 0' : '') : ` from ${least} to ${most}`;
  throw bad(`${field} must be a ${whole ? 'whole ' : ''}number${range}.`, field);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
