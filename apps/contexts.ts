import { agentContract } from '#agent';
import { analyticsContract } from '#analytics';
import { billingContract } from '#billing';
import type { Contract } from '#platform/core';
import type { ContextWiring } from '#platform/runtime';
import { memoryContract } from '#memory';
import { searchContract } from '#search';
import { tenancyContract } from '#tenancy';

/** One context as the apps know it: its contract, and its module door, opened only by a process that hosts it. */
export interface HostableContext {
  contract: Contract;
  load: () => Promise<{ context: ContextWiring }>;
}

/** Every context of the house, lower ones first (tools/contexts.json): the order of migrations and of start. */
export const contexts: HostableContext[] = [
  { contract: tenancyContract, load: () => import('#tenancy/module') },
  { contract: memoryContract, load: () => import('#memory/module') },
  { contract: searchContract, load: () => import('#search/module') },
  { contract: billingContract, load: () => import('#billing/module') },
  { contract: agentContract, load: () => import('#agent/module') },
  { contract: analyticsContract, load: () => import('#analytics/module') },
];
