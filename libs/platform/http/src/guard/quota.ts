import { RateLimit, type RateState, type RateVerdict } from './rate-limit.js';
import type { SharedRates } from './shared-rates.js';

/**
 * Part of a shared quota that one process lets through while Redis is away: four processes without Redis are together as strict as with it.
 */
const ALONE = 1 / 4;

type Then = (verdict: RateVerdict) => void;

/**
 * One kind of quota. Without REDIS_URL it is counted in this process, synchronously. With it Redis decides, in one hop; this process counts
 * along on a part of the quota, and that decides at once whenever Redis does not. Doors never stand open.
 */
export class Quota {
  private readonly whole: RateLimit;
  private own: RateLimit;
  private rates: SharedRates | undefined;

  constructor(name: string, perMinute: number) {
    this.whole = this.own = new RateLimit(name, perMinute);
  }

  /** Before the first request. */
  share(rates: SharedRates | undefined): void {
    this.rates = rates;
    if (rates && !this.off) this.own = new RateLimit(this.whole.name, Math.max(1, Math.floor(this.whole.perMinute * ALONE)));
  }

  get off(): boolean {
    return this.whole.off;
  }

  state(key: string): RateState {
    return this.own.state(key);
  }

  /** Takes one request, or with `take` false only looks whether it would pass. */
  decide(state: RateState, now: number, then: Then, take = true): void {
    const own = this.own.decide(state, now, take);
    if (!this.rates?.up) then(own);
    else void this.rates.decide(this.whole, state.key, take).then((shared) => then(shared ?? own));
  }
}
