import type { DataMap } from '#kernel';

export const dataMap: DataMap = {
  'billing.budget': { what: 'limits of a month', class: 'configuration', kept: 'with the tenant' },
  'billing.meter': { what: 'what a month has cost so far', class: 'money', kept: 'with the tenant' },
  'billing.hold': { what: 'set aside for answers in the making', class: 'transit', kept: 'until the answer is paid for, at most ATOLL_HOLD_MINUTES' },
  'billing.charge': { what: 'tokens and cost of each answer, and who asked', class: 'money', person: ['user_id'], kept: 'with the tenant' },
};
