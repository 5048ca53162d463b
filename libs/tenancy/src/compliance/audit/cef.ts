import type { AuditEntry } from './chain.js';

/** ArcSight Common Event Format, version 0: one line an entry, for log collectors. */
export function cef({ at, id, action, actor, target, detail, requestId, sequence, tenantId }: AuditEntry): string {
  const [, noun = '', verb = ''] = action.split('.');
  const fields: [string, string | number | null][] = [
    ['rt', Date.parse(at)],
    ['externalId', id],
    ['suid', actor.id],
    ['sourceUserPrivileges', actor.kind],
    ['cs1Label', 'tenant'], ['cs1', tenantId],
    ['cs2Label', 'target'], ['cs2', target],
    ['cs3Label', 'request'], ['cs3', requestId],
    ['cn1Label', 'sequence'], ['cn1', sequence],
    ['msg', Object.keys(detail).length > 0 ? JSON.stringify(detail) : null],
  ];
  const shown = fields.filter(([, value]) => value !== null).map(([key, value]) => `${key}=${escaped(String(value), /[\\=]/g)}`);
  return `CEF:0|Atoll|Atoll|1|${escaped(action, /[\\|]/g)}|${escaped(`${noun} ${verb}`, /[\\|]/g)}|${severity(verb)}|${shown.join(' ')}`;
}

/** 0 to 10: what takes away or lets in stands above what adds. */
function severity(verb: string): number {
  if (/^(removed|deleted|erased|suspended|revoked|ended)$/.test(verb)) return 6;
  return /^(exported|imported|granted|rolled-back)$/.test(verb) ? 5 : 3;
}

function escaped(text: string, special: RegExp): string {
  return text.replace(special, '\\$&').replace(/\r?\n|\r/g, '\\n');
}
