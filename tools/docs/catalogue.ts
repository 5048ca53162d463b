import { catalogueOf } from './permissions.js';
import type { Facts } from './facts.js';

/** libs/tenancy/src/access/catalogue.ts: the same list for the running program, which may host no route of most contexts. */
export function catalogueSource(facts: Map<string, Facts>): string {
  return `/** Every permission a route of Atoll asks for inside a tenant. Written by \`npm run docs\` from the routes' \`@Allow\`. */
export const PERMISSIONS: readonly string[] = [
${[...catalogueOf(facts).keys()].filter((permission) => !permission.startsWith('operator.')).map((permission) => `  '${permission}',`)
  .join('\n')}
];
`;
}
