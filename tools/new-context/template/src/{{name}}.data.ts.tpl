import type { DataMap } from '#platform/privacy';

export const dataMap: DataMap = {
  '{{name}}.entry': { what: 'entries of the tenant', class: 'content', life: 'moves', kept: 'with the tenant' },
};
