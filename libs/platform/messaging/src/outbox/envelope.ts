import { type Actor, AppError, currentFlow, isId, newTraceparent, type Scope, type Secrets } from '#platform/core';

/** No tenant: schedules are the system's own work. The largest UUID, which is nobody's id. */
export const SYSTEM_TENANT = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const PURPOSE = 'kernel.envelope';

/** A message as it is stored and sent: what routes it in the open, the rest as signed text. */
export interface Sealed {
  messageId: string;
  tenantId: string;
  name: string;
  version: number;
  body: string;
  signature: string;
}

/** What the signed text holds. */
interface Body {
  actor?: Actor;
  traceparent: string;
  causation?: string;
  time: string;
  data: unknown;
}

export interface Opened extends Body {
  /** Undefined for a schedule's tick only. */
  scope?: Scope;
}

/** Seals `data` as a message of the running flow: its tenant and actor, its trace, and the message it was caused by. */
export function seal(secrets: Secrets, messageId: string, definition: { name: string; version: number }, scope: Scope | undefined,
  data: unknown): Sealed {
  const flow = currentFlow();
  const body: Body = {
    ...(scope && { actor: scope.actor }),
    traceparent: flow?.traceparent ?? newTraceparent(),
    ...(flow?.causation !== undefined && { causation: flow.causation }),
    time: new Date().toISOString(),
    data,
  };
  const message = { messageId, tenantId: scope?.tenantId ?? SYSTEM_TENANT, name: definition.name, version: definition.version,
    body: JSON.stringify(body) };
  return { ...message, signature: secrets.sign(PURPOSE, signedText(message)) };
}

/** Refuses a message that was not signed by this deployment, was changed since, or names no tenant. */
export function open(secrets: Secrets, message: Sealed, kind: 'event' | 'job' | 'cron'): Opened {
  if (!secrets.verify(PURPOSE, signedText(message), message.signature)) throw refused('its signature does not match its content');
  const body = JSON.parse(message.body) as Body;
  if (kind === 'cron') {
    if (message.tenantId !== SYSTEM_TENANT) throw refused('a schedule carries a tenant');
    return body;
  }
  if (!isId(message.tenantId) || message.tenantId === SYSTEM_TENANT || !body.actor) throw refused('it names no tenant or no actor');
  return { ...body, scope: { tenantId: message.tenantId, actor: body.actor } };
}

function signedText({ messageId, tenantId, name, version, body }: Omit<Sealed, 'signature'>): string {
  return `${messageId}\n${tenantId}\n${name}\n${version}\n${body}`;
}

function refused(what: string): AppError {
  return new AppError(
    'forbidden',
    'kernel.envelope',
    `A message was refused: ${what}. It was written by something other than Atoll, or under another ATOLL_SECRET. It is kept as a dead ` +
      `letter; set the former secret as ATOLL_SECRET_PREVIOUS and replay it if it is yours.`,
  );
}
