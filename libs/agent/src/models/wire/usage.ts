/** Tokens as a provider counted them; what it did not say, or cannot have meant, is left out. */
export interface ToldUsage {
  inputTokens?: number;
  outputTokens?: number;
  cachedTokens?: number;
}

/** What a request and its answer were, to tell a count from nonsense. */
export interface Measured {
  promptBytes: number;
  /** Words and thoughts that came. */
  answerBytes: number;
  /** What the answer was allowed; 0: nothing was asked. */
  maxTokens: number;
}

/** A token is a byte at least; beyond that a provider may add instructions and thoughts that nobody sees. */
const UNSEEN = 100_000;

const INPUT = ['prompt_tokens', 'input_tokens', 'prompt_eval_count', 'prompt_token_count', 'promptTokenCount'];
const OUTPUT = ['completion_tokens', 'output_tokens', 'eval_count', 'candidates_token_count', 'candidatesTokenCount'];

/** The usage a chunk reports, wherever it stands in it. */
export function usageIn(chunk: Record<string, unknown>, choice: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  const vendor = chunk['x_groq'] as Record<string, unknown> | null | undefined;
  const found = [chunk['usage'], choice?.['usage'], vendor?.['usage'], chunk['usageMetadata']];
  return found.find((one): one is Record<string, unknown> => typeof one === 'object' && one !== null && Object.keys(one).length > 0);
}

export function checkedUsage(told: Record<string, unknown>, { promptBytes, answerBytes, maxTokens }: Measured): ToldUsage {
  const inputTokens = first(told, INPUT, 1, 2 * promptBytes + UNSEEN);
  const total = count(told['total_tokens'], 1, Number.MAX_SAFE_INTEGER);
  const rest = total !== undefined && inputTokens !== undefined ? total - inputTokens : undefined;
  const most = Math.max(maxTokens, answerBytes) + UNSEEN;
  const outputTokens = first(told, OUTPUT, answerBytes > 0 ? 1 : 0, most) ?? count(rest, 0, most);
  const details = told['prompt_tokens_details'] as Record<string, unknown> | null | undefined;
  const cached = [details?.['cached_tokens'], told['prompt_cache_hit_tokens'], told['cached_tokens'], told['cache_read_input_tokens']];
  const cachedTokens = cached.map((one) => count(one, 0, inputTokens ?? 0)).find((one) => one !== undefined);
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
  };
}

function first(told: Record<string, unknown>, names: string[], least: number, most: number): number | undefined {
  return names.map((name) => count(told[name], least, most)).find((one) => one !== undefined);
}

/** A number or its digits, rounded up; undefined for what no count can be. */
function count(value: unknown, least: number, most: number): number | undefined {
  if (typeof value !== 'number' && !(typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(value))) return undefined;
  const whole = Math.ceil(Number(value));
  return Number.isFinite(whole) && whole >= least && whole <= most ? whole : undefined;
}
