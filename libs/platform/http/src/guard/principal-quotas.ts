import { keyOf } from '#platform/core';
import type { Principal } from '../request/principal.js';
import { Quota } from './quota.js';
import { RateLimit, type RateState } from './rate-limit.js';
import type { SharedRates } from './shared-rates.js';

/** One caller's place in one quota. */
export interface Allowance {
  quota: Quota;
  state: RateState;
  /** The routes it counts; undefined: all of them. */
  routes?: string;
}

/**
 * Quotas that principals bring along. Their numbers differ from tenant to tenant and from key to key; who counts where outlives a change of
 * them.
 */
export class PrincipalQuotas {
  private readonly places = new Map<string, RateLimit>();
  private rates?: SharedRates;

  share(rates: SharedRates | undefined): void {
    this.rates = rates;
  }

  of({ tenantId, quotas = [] }: Principal): Allowance[] {
    return quotas.filter(({ perMinute }) => perMinute > 0).map(({ name, id, perMinute, routes }) => {
      const quota = new Quota(name, perMinute);
      quota.share(this.rates);
      return { quota, state: this.place(name).state(keyOf(tenantId, 'kernel', 'rate', name, id)), ...(routes !== undefined && { routes }) };
    });
  }

  private place(name: string): RateLimit {
    let place = this.places.get(name);
    if (!place) this.places.set(name, (place = new RateLimit(name, 1)));
    return place;
  }
}
