import type { Catalogue } from './catalogue.js';

/** One hole in the wall. */
export interface Fault {
  /** Stable word, for specs and the mutant table. */
  rule: string;
  /** What it is in: `search.chunk`, `role atoll_search`. */
  object: string;
  says: string;
  mend: string;
}

/** Who may touch the objects of one context, and what is expected of them. */
export interface Place {
  context: string;
  /** The role its policies are for: the context's own, for the platform the group of all contexts. */
  role: string;
  system: string;
  /** Everybody who may be given something here. */
  insiders: string[];
}

export type Rule = (catalogue: Catalogue, places: Map<string, Place>) => Fault[];

/** How a comment begins that gives a reason for a table without tenant_id, and for a thing that lies around the wall. */
export const NO_TENANT = 'no tenant: ';
export const AROUND = 'around the wall: ';

export function reasoned(comment: string | null, prefix: string): boolean {
  return comment !== null && comment.startsWith(prefix) && comment.length > prefix.length + 10;
}

export function sentence(fault: Fault): string {
  return `${fault.object}: ${fault.says} ${fault.mend}`;
}
