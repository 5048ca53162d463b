import { OFFLINE_MODEL, type Price } from '../contract.js';

/**
 * List prices in USD per million tokens, as integers of a millionth of a dollar, read from the providers' public price pages
 * (https://openai.com/api/pricing, https://www.anthropic.com/pricing) in 2025. Models change price: `ATOLL_PRICES` overrides and adds.
 */
const LIST: Record<string, readonly [input: number, cached: number, output: number]> = {
  'gpt-4o': [2_500_000, 1_250_000, 10_000_000],
  'gpt-4o-mini': [150_000, 75_000, 600_000],
  'gpt-4.1': [2_000_000, 500_000, 8_000_000],
  'gpt-4.1-mini': [400_000, 100_000, 1_600_000],
  'gpt-4.1-nano': [100_000, 25_000, 400_000],
  'gpt-5': [1_250_000, 125_000, 10_000_000],
  'gpt-5-mini': [250_000, 25_000, 2_000_000],
  'gpt-5-nano': [50_000, 5_000, 400_000],
  'o3': [2_000_000, 500_000, 8_000_000],
  'o4-mini': [1_100_000, 275_000, 4_400_000],
  'text-embedding-3-small': [20_000, 20_000, 0],
  'text-embedding-3-large': [130_000, 130_000, 0],
  'text-embedding-ada-002': [100_000, 100_000, 0],
  'claude-opus-4-1': [15_000_000, 1_500_000, 75_000_000],
  'claude-sonnet-4-5': [3_000_000, 300_000, 15_000_000],
  'claude-haiku-4-5': [1_000_000, 100_000, 5_000_000],
};

/** The built-in model and the built-in embedder, under its setting's word and its own name. */
const FREE: readonly string[] = [OFFLINE_MODEL, 'offline', 'offline-1'];

export interface PriceOverrides {
  currency: string;
  /** Model name -> [input, cached input, output], each in millionths of the currency's major unit per million tokens. */
  models: Record<string, readonly [number, number, number]>;
}

/**
 * The price of a model: the deployment's own entry, else the list's; a dated or suffixed name (`gpt-4o-2024-08-06`) takes the price of the
 * longest listed name it starts with. An unknown model is priced like the dearest listed one: a budget must never be passed unseen.
 */
export function priceOf(model: string, overrides: PriceOverrides): Price {
  const { currency } = overrides;
  // An embedder with vectors of a chosen length: `name@256`.
  const name = model.replace(/@\d+$/, '');
  const own = longestPrefix(name, overrides.models) ?? (FREE.includes(model) ? ([0, 0, 0] as const) : longestPrefix(name, LIST));
  const [inputPerMillion, cachedPerMillion, outputPerMillion] = own ?? dearest();
  return { model, currency, inputPerMillion, cachedPerMillion, outputPerMillion };
}

function longestPrefix(model: string, table: PriceOverrides['models']): readonly [number, number, number] | undefined {
  const name = Object.keys(table)
    .filter((known) => model === known || model.startsWith(`${known}-`))
    .sort((a, b) => b.length - a.length)[0];
  return name === undefined ? undefined : table[name];
}

function dearest(): readonly [number, number, number] {
  return Object.values(LIST).reduce((most, one) => (one[2] > most[2] ? one : most));
}

/** Cost in micros, each part rounded up once: exact integers, never less than what the provider bills. */
export function costMicros(price: Price, usage: { inputTokens: number; outputTokens: number; cachedTokens?: number }): number {
  const cached = Math.min(usage.cachedTokens ?? 0, usage.inputTokens);
  const sum =
    BigInt(usage.inputTokens - cached) * BigInt(price.inputPerMillion) +
    BigInt(cached) * BigInt(price.cachedPerMillion) +
    BigInt(usage.outputTokens) * BigInt(price.outputPerMillion);
  return Number((sum + 999_999n) / 1_000_000n);
}

/** Micros as the currency's integer minor units (cents), rounded half up: for showing, never for adding up. */
export function toMinor(micros: number): number {
  return Math.round(micros / 10_000);
}
