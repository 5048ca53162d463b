import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsUUID } from 'class-validator';
import { covers } from './permissions.js';
import { type Actor, current } from '../cls/scope.js';

/** Who holds this decides who may use an agent or a document, and sees all of them. */
export const GRANTS = 'tenancy.grants.write';

/** Who may use one thing of the tenant: everybody (`open`), or only whom it was granted to. */
export class ResourceAccess {
  /** Whoever is not granted a restricted one finds nothing under its id, as under an id that nobody has. */
  @IsIn(['open', 'restricted'])
  access: 'open' | 'restricted';

  /** Ids of members, teams, service accounts and keys. What names nobody grants nothing; of no meaning where it is open. */
  @IsOptional() @IsArray() @ArrayMaxSize(500) @IsUUID(undefined, { each: true })
  grantedTo: string[] = [];
}

/**
 * The ids whose grants the actor has: their own and their teams'. Undefined for who sees all: holders of `GRANTS`, and the house itself.
 * A resource keeps its grants in a column of its own (`granted_to uuid[]`; null: open), so that reading it asks nobody else.
 */
export function grantees({ kind, id, permissions, teams = [] }: Actor = current().actor): string[] | undefined {
  return kind === 'service' || permissions.some((pattern) => covers(pattern, GRANTS)) ? undefined : [id, ...teams];
}

/** Whether the actor may use something with these grants; in SQL: `granted_to is null or $1::uuid[] is null or granted_to && $1`. */
export function isGranted(grantedTo: readonly string[] | null, actor: Actor = current().actor): boolean {
  const ids = grantees(actor);
  return grantedTo === null || ids === undefined || ids.some((id) => grantedTo.includes(id));
}

export function toGrants({ access, grantedTo }: ResourceAccess): string[] | null {
  return access === 'open' ? null : [...new Set(grantedTo.map((id) => id.toLowerCase()))];
}

export function fromGrants(grantedTo: string[] | null): ResourceAccess {
  return { access: grantedTo === null ? 'open' : 'restricted', grantedTo: grantedTo ?? [] };
}
