import type { DataMap } from '#kernel';

export const dataMap: DataMap = {
  '{{name}}.entry': { what: 'entries of the tenant', class: 'content', life: 'moves', kept: 'with the tenant' },
};
