import { IsInt, IsISO4217CurrencyCode, IsString, Max, Min, Validate, ValidatorConstraint,
  type ValidatorConstraintInterface } from 'class-validator';
import { Env } from '#platform/core';
import type { PriceOverrides } from './prices/prices.js';

@ValidatorConstraint({ name: 'priceTable' })
class IsPriceTable implements ValidatorConstraintInterface {
  validate(text: string): boolean {
    return parsePrices(text) !== undefined;
  }

  defaultMessage(): string {
    return 'must be JSON like {"model":[input,cachedInput,output]} with three whole, non-negative numbers per model';
  }
}

export class BillingConfig {
  @Env('ATOLL_CURRENCY', { description: 'ISO 4217 code in which prices and budgets are counted.' })
  @IsISO4217CurrencyCode()
  currency: string = 'USD';

  @Env('ATOLL_PRICES', { description: 'Prices that override or add to the built-in list, as JSON: model name to [input, cached input, ' +
    'output] in millionths of the currency per million tokens.' })
  @IsString() @Validate(IsPriceTable)
  prices: string = '{}';

  @Env('ATOLL_MONTHLY_BUDGET', { description: 'Monthly budget of a tenant that set none itself, in minor units (cents).' })
  @IsInt() @Min(0) @Max(1_000_000_000)
  monthlyBudget: number = 5000;

  @Env('ATOLL_MAX_OPEN_RUNS',
    { description: 'Answers of one tenant that may be in the making at once; the next one is told to wait (429).' })
  @IsInt() @Min(1) @Max(1_000_000)
  maxOpenRuns: number = 1000;

  @Env('ATOLL_HOLD_MINUTES', { description: 'How long money stays held for a run that never reported its end.' })
  @IsInt() @Min(5) @Max(1440)
  holdMinutes: number = 60;

  get overrides(): PriceOverrides {
    return { currency: this.currency, models: parsePrices(this.prices)! };
  }
}

function parsePrices(text: string): PriceOverrides['models'] | undefined {
  try {
    const table = JSON.parse(text) as Record<string, unknown>;
    const rows = Object.values(table);
    const sound = rows.every((row) =>
      Array.isArray(row) && row.length === 3 && row.every((price) => Number.isSafeInteger(price) && (price as number) >= 0));
    return sound ? (table as PriceOverrides['models']) : undefined;
  } catch {
    return undefined;
  }
}
