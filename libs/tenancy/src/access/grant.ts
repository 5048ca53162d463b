import { AppError, covers } from '#platform/core';
import { PERMISSIONS } from './catalogue.js';
import { ROLE_PERMISSIONS, SCOPE, beyond } from './roles.js';
import type { Role } from '../contract.js';

const MOST_PERMISSIONS = 100;

/** The permissions or patterns, each once; refuses what opens no route of Atoll. */
export function assertKnown(permissions: readonly string[]): string[] {
  const unique = [...new Set(permissions)];
  const unknown = unique.filter((one) => !SCOPE.test(one) || !PERMISSIONS.some((permission) => covers(one, permission)));
  if (unique.length === 0 || unique.length > MOST_PERMISSIONS || unknown.length > 0) {
    const detail = unknown.length > 0 ? `holds what no route asks for: ${unknown.join(', ')}`
      : `must be 1 to ${MOST_PERMISSIONS} permissions`;
    throw new AppError('invalid', 'tenancy.unknown-permission',
      `Nothing was saved: permissions ${detail}. GET /v1/permissions lists what there is.`,
      { errors: [{ pointer: '/permissions', detail }] });
  }
  return unique;
}

/** Nobody gives, changes or takes away more than they hold. */
export function assertGrantable(held: readonly string[], permissions: readonly string[]): void {
  const missing = beyond(held, permissions);
  if (missing.length > 0) {
    throw new AppError('forbidden', 'tenancy.grant-beyond-own',
      `Nothing was changed: this would give or take what you do not hold yourself (${missing.join(', ')}). Ask somebody who does.`);
  }
}

/** What a member may do: their tenant's own role where they have one, else the fixed one. */
export function permissionsOf(role: Role, custom: readonly string[] | null): string[] {
  return [...(custom ?? ROLE_PERMISSIONS[role] ?? [])];
}

/** What both hold: of patterns that overlap in part (`search.*` and `*.read`) the permissions of the catalogue that are in both. */
export function scopesWithin(scopes: readonly string[], held: readonly string[]): string[] {
  const whole = [...scopes.filter((scope) => beyond(held, [scope]).length === 0),
    ...held.filter((one) => beyond(scopes, [one]).length === 0)];
  const rest = PERMISSIONS.filter((one) =>
    beyond(scopes, [one]).length === 0 && beyond(held, [one]).length === 0 && beyond(whole, [one]).length > 0);
  return [...new Set([...whole, ...rest])];
}
