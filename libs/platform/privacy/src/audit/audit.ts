import { AppError, currentFlow, redactKeys, redactText } from '#platform/core';
import type { Db } from '#platform/database';
import { defineEvent, type Publisher } from '#platform/messaging';

/** What somebody did. Who and when stand in the event's envelope, the tenant is its own. */
export interface AuditFact {
  /** `<context>.<noun>.<past-tense verb>`: `search.file.created`. */
  action: string;
  /** Id of what it was done to, where there is one. */
  target: string | null;
  /** Small facts beside it, without secrets. */
  detail: Record<string, unknown>;
  requestId: string | null;
}

/** Written in the transaction of the write it tells of; tenancy appends it to the tenant's chain. */
export const audited = defineEvent<AuditFact>('kernel.audited', 1);

const AUDIT_ACTION = /^[a-z]+(\.[a-z]+(-[a-z]+)*){2}$/;

const MOST_DETAIL = 4_096;

/** Writes entries of one context's audit log. Injected by class; `@Audited` is the way to use it. */
export class Audit {
  constructor(
    private readonly db: Db,
    private readonly publisher: Publisher,
  ) {}

  /** One entry about the running tenant and actor: commits and rolls back with the open transaction. */
  async note(action: string,
    { target = null, detail = {} }: { target?: string | null; detail?: Record<string, unknown> } = {}): Promise<void> {
    if (!AUDIT_ACTION.test(action)) throw badAction(action);
    await this.publisher.publish(audited,
      { action, target, detail: withoutSecrets(detail), requestId: currentFlow()?.requestId ?? null } satisfies AuditFact);
  }

  /** Runs `work`, notes it and keeps what is answered to a request, in one transaction: none is there without the others. */
  transaction<T>(work: () => Promise<T>, noteOf: (result: T) => Promise<void>, answerOf: (result: T) => unknown): Promise<T> {
    return this.db.tx(async () => {
      const result = await work();
      await noteOf(result);
      await currentFlow()?.keepAnswer?.((sql, params) => this.db.query(sql, params), answerOf(result));
      return result;
    });
  }
}

/** Plain data without what looks like a secret, by name or by shape; what is too large is only counted. */
export function withoutSecrets(detail: Record<string, unknown>): Record<string, unknown> {
  const text = redactText(JSON.stringify(redactKeys(detail)));
  return text.length > MOST_DETAIL ? { omitted: `${text.length} characters` } : (JSON.parse(text) as Record<string, unknown>);
}

function badAction(action: string): AppError {
  return new AppError('internal', 'kernel.audit-action',
    `"${action}" is not the name of an audited action. Write <context>.<noun>.<past-tense verb>, as in search.file.created. This is a ` +
      `bug in Atoll; nothing was written.`);
}
