import type { DataMap } from '#platform/privacy';

export const dataMap: DataMap = {
  'billing.profile': { what: 'the tenant\'s time zone', class: 'derived', life: 'moves', kept: 'with the tenant' },
  'billing.budget': { what: 'limits of a month', class: 'configuration', life: 'moves', kept: 'with the tenant' },
  'billing.meter': { what: 'what a month has cost so far', class: 'money', life: 'moves',
    without: { held_micros: 0, held_tokens: 0, open_holds: 0 }, kept: 'with the tenant' },
  'billing.hold': { what: 'set aside for answers in the making', class: 'transit', life: 'stays',
    kept: 'until the answer is paid for, at most ATOLL_HOLD_MINUTES' },
  'billing.charge': { what: 'tokens and cost of each answer, and who asked', class: 'money', life: 'moves', person: { user_id: 'named' },
    aged: { rule: 'usage', by: 'created_at' }, kept: 'with the tenant' },
};
