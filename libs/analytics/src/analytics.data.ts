import type { DataMap } from '#platform/privacy';

export const dataMap: DataMap = {
  'analytics.profile': { what: 'the tenant\'s time zone', class: 'derived', life: 'moves', kept: 'with the tenant' },
  'analytics.event': { what: 'single events; who did it stands in their data', class: 'activity', life: 'moves',
    personWhere: `data ->> 'userId' = $1`, aged: { rule: 'analytics', by: 'at' }, kept: 'ATOLL_ANALYTICS_EVENT_DAYS' },
  'analytics.daily': { what: 'counts by day; of active users one row a person and day', class: 'derived', life: 'moves',
    personWhere: `metric = 'user' and dimension = $1`, aged: { rule: 'analytics', by: 'day' }, kept: 'with the tenant' },
  'analytics.document': { what: 'names of documents as last seen', class: 'derived', life: 'moves', kept: 'with the tenant' },
};
