import ts from 'typescript';
import { type Source, type Violation, nodes, violation } from '../source.js';

const SETTERS = new Set(['runInFlow', 'bindScope', 'runAs']);

/**
 * Whose work it is, is decided by the platform's entries and by apps/. A context may only step behind a tenant's wall as the house itself:
 * `asService(tenantId, id, work)`, which is nobody and may nothing.
 */
export function flowRules(source: Source): Violation[] {
  const { zone } = source;
  if (zone.test || zone.kind !== 'library' || zone.platform) return [];
  const found: Violation[] = [];
  for (const node of nodes(source.ast)) {
    if (!ts.isIdentifier(node) || !SETTERS.has(node.text)) continue;
    found.push(violation(source, node, 'flow-setter',
      `${node.text}() decides whose work it is: only the platform does; a context has asService(tenantId, id, work)`));
  }
  return found;
}
