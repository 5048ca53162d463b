import type { ContextWiring } from '#kernel';

/** One context as the apps know it: its name, and its module door, opened only by a process that hosts it. */
export interface HostableContext {
  name: string;
  load: () => Promise<{ context: ContextWiring }>;
}

/** Every context of the house, lower ones first (tools/contexts.json): the order of migrations and of start. */
export const contexts: HostableContext[] = [
  { name: 'tenancy', load: () => import('#tenancy/module') },
  { name: 'memory', load: () => import('#memory/module') },
  { name: 'search', load: () => import('#search/module') },
  { name: 'billing', load: () => import('#billing/module') },
  { name: 'agent', load: () => import('#agent/module') },
  { name: 'analytics', load: () => import('#analytics/module') },
];

