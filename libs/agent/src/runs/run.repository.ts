import { Injectable } from '@nestjs/common';
import { AppError, current, newId, notFound, sealScope, Secrets } from '#platform/core';
import { Db, onDuplicate } from '#platform/database';
import { Events, Jobs } from '#platform/messaging';
import { AgentConfig } from '../agent.config.js';
import type { RunEnd, RunStatus } from '../contract.js';
import { turnCompleted } from '../events.js';
import { reportUsage, rememberTurn } from './after-turn.jobs.js';
import { type LogEntry, packed, unpacked } from './log-entry.js';
import type { RunFacts } from './run-log.js';
import { RunRow } from './run.entity.js';

/** Every status but `running`. */
export type FinalStatus = Exclude<RunStatus, 'running'>;

/** How a run ended, with all that its row, its log and its event say about it. */
interface RunEnding {
  status: FinalStatus;
  data: RunEnd;
  /** What of the log is not in the table yet; the final entry is its last. */
  entries: LogEntry[];
}

export interface AbandonedRun {
  tenantId: string;
  runId: string;
  owner: string;
  /** As it was when the run was found abandoned. */
  leaseUntil: string;
}

interface LogChunk {
  entries: LogEntry[];
  inputTokens: number;
}

/** A flush whose answer was lost on the way is repeated with what has come since. */
const REPLACE = `on conflict (tenant_id, run_id, first_event) do update
  set last_event = excluded.last_event, input_tokens = excluded.input_tokens, events = excluded.events`;

/** Runs and their logs in the tables: all SQL of them. */
@Injectable()
export class RunRepository {
  /** This process, as the owner of the runs it writes. */
  readonly owner = newId();

  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly jobs: Jobs,
    private readonly config: AgentConfig,
    private readonly secrets: Secrets,
  ) {}

  /** A conversation answers one question at a time: a second run of it is refused by the table itself, whatever the replica. */
  async start(facts: RunFacts): Promise<void> {
    const { runId, scope, conversationId, questionId, question, messageId, agentId, model, offline } = facts;
    await onDuplicate(this.db.query(
      `insert into agent.run (tenant_id, id, status, conversation_id, question_id, message_id, agent_id, user_id, sealed_scope, model,
                              offline, owner, question, lease_until)
       values ($1, $2, 'running', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now() + $13 * interval '1 second')`,
      [
        scope.tenantId, runId, conversationId, questionId, messageId, agentId, scope.actor.id, sealScope(this.secrets, runId), model,
        offline, this.owner, question, this.config.leaseSeconds,
      ],
    ), busy, 'one_run_per_conversation');
  }

  /** Takes a run back that the budget refused: it never was one. */
  async withdraw(runId: string): Promise<void> {
    await this.db.query(
      `delete from agent.run where tenant_id = $1 and id = $2 and status = 'running' and owner = $3`,
      [current().tenantId, runId, this.owner],
    );
  }

  /** The caller's own run. */
  async own(runId: string): Promise<RunRow> {
    const row = await this.find(runId);
    if (!row || row.userId !== current().actor.id) throw notFound('run');
    return row;
  }

  find(runId: string): Promise<RunRow | null> {
    return this.db.repo(RunRow).findOneBy({ tenantId: current().tenantId, id: runId });
  }

  async log(runId: string, after: number): Promise<LogChunk> {
    const rows = await this.db.query<{ events: string; input_tokens: number }>(
      'select events, input_tokens from agent.run_chunk where tenant_id = $1 and run_id = $2 and last_event > $3 order by first_event',
      [current().tenantId, runId, after],
    );
    const entries = rows.flatMap(({ events }) => unpacked(events)).filter(({ id }) => id > after);
    return { entries, inputTokens: rows.at(-1)?.input_tokens ?? 0 };
  }

  /** One statement for all runs of a tenant; a run that another process has ended meanwhile takes nothing more. */
  async saveChunks(chunks: { runId: string; inputTokens: number; entries: LogEntry[] }[]): Promise<void> {
    await this.db.query(
      `insert into agent.run_chunk (tenant_id, run_id, first_event, last_event, input_tokens, events)
       select $1, c.run_id, c.first_event, c.last_event, c.input_tokens, c.events
         from unnest($2::uuid[], $3::int[], $4::int[], $5::int[], $6::text[]) as c (run_id, first_event, last_event, input_tokens, events)
         join agent.run r on r.tenant_id = $1 and r.id = c.run_id and r.status = 'running' and r.owner = $7
       ${REPLACE}`,
      [
        current().tenantId,
        chunks.map(({ runId }) => runId),
        chunks.map(({ entries }) => entries[0]!.id),
        chunks.map(({ entries }) => entries.at(-1)!.id),
        chunks.map(({ inputTokens }) => inputTokens),
        chunks.map(({ entries }) => packed(entries)),
        this.owner,
      ],
    );
  }

  /**
   * Ends a run: its row, the rest of its log, the fact and the orders that follow from it commit together. False when it had ended
   * already (another process took it over), and then nothing is written: a run ends once.
   */
  async end(facts: RunFacts, { status, data, entries }: RunEnding): Promise<boolean> {
    const { tenantId } = facts.scope;
    const { usage } = data;
    return this.db.tx(async () => {
      const ended = await this.db.query(
        `with ended as (
           update agent.run
              set status = $3, outcome = $4, degraded = $5, input_tokens = $6, output_tokens = $7, cached_tokens = $8, estimated = $9,
                  first_token_ms = $10, latency_ms = $11, error = $12, question = null, finished_at = now()
            where tenant_id = $1 and id = $2 and status = 'running' and owner = $13
           returning tenant_id, id)
         insert into agent.run_chunk (tenant_id, run_id, first_event, last_event, input_tokens, events)
         select tenant_id, id, $14, $15, $6, $16 from ended ${REPLACE}
         returning run_id`,
        [
          tenantId, facts.runId, status, data.outcome, data.degraded,
          usage.inputTokens, usage.outputTokens, usage.cachedTokens, usage.estimated,
          data.firstTokenMs, data.latencyMs, data.error ? JSON.stringify(data.error) : null, this.owner,
          entries[0]!.id, entries.at(-1)!.id, packed(entries),
        ],
      );
      if (ended.length === 0) return false;
      await this.publishEnd(facts, data);
      return true;
    });
  }

  /** The fact of a finished turn and the orders that follow from it. */
  private async publishEnd(facts: RunFacts, data: RunEnd): Promise<void> {
    const { runId, conversationId, questionId, messageId, agentId, model, offline, scope } = facts;
    const { inputTokens, outputTokens, cachedTokens } = data.usage;
    const userId = scope.actor.id;
    const cited = new Map(data.citations.map(({ documentId, documentName }) => [documentId, { documentId, documentName }]));
    await this.events.publish(turnCompleted, {
      turnId: runId, runId, conversationId, questionId, messageId, agentId, userId, model, offline,
      tokensIn: inputTokens, tokensOut: outputTokens, tokensCached: cachedTokens,
      latencyMs: data.latencyMs, firstTokenMs: data.firstTokenMs, outcome: data.outcome, cited: [...cited.values()],
    });
    await this.jobs.add(reportUsage, { runId, model, userId, inputTokens, outputTokens, cachedTokens, at: new Date().toISOString() });
    if (conversationId && questionId) await this.jobs.add(rememberTurn, { runId, agentId, conversationId, questionId, messageId });
  }

  /** Renews the leases of all runs this process writes, and names those that somebody wants stopped. */
  async renewLeases(): Promise<{ cancelled: string[] }> {
    const rows = await this.db.systemQuery<{ id: string; cancel_requested: boolean }>(
      'renew the leases of running answers',
      `update agent.run set lease_until = now() + $2 * interval '1 second' where owner = $1 and status = 'running'
       returning id, cancel_requested`,
      [this.owner, this.config.leaseSeconds],
    );
    return { cancelled: rows.filter((row) => row.cancel_requested).map(({ id }) => id) };
  }

  /**
   * Runs that nobody writes: their process's lease is over; or, where this is the only process there can be, another one started them; or
   * this one could not end them (the database was away) and has let go.
   */
  abandoned(onlyProcess: boolean, live: string[]): Promise<AbandonedRun[]> {
    return this.db.systemQuery<AbandonedRun>(
      'find answers whose process died',
      `select tenant_id as "tenantId", id as "runId", owner, lease_until::text as "leaseUntil" from agent.run
        where status = 'running' and ((owner <> $1 and (lease_until < now() or $2)) or (owner = $1 and not id = any($3)))
        order by started_at limit 500`,
      [this.owner, onlyProcess, live],
    );
  }

  /** True for exactly one of the processes that try, and for none when its owner has come back and renewed its lease since. */
  async takeOver({ runId, owner, leaseUntil }: AbandonedRun): Promise<boolean> {
    const rows = await this.db.query(
      `update agent.run set owner = $3, lease_until = now() + $5 * interval '1 second'
        where tenant_id = $1 and id = $2 and owner = $4 and lease_until = $6::timestamptz and status = 'running'
       returning id`,
      [current().tenantId, runId, this.owner, owner, this.config.leaseSeconds, leaseUntil],
    );
    return rows.length > 0;
  }

  /** Of a run that has ended; undefined where its log is no longer kept. */
  async finalEntry(runId: string): Promise<LogEntry | undefined> {
    const row = await this.db.queryOne<{ events: string }>(
      'select events from agent.run_chunk where tenant_id = $1 and run_id = $2 order by first_event desc limit 1',
      [current().tenantId, runId],
    );
    return row && unpacked(row.events).at(-1);
  }

  async deleteLogs(olderThanDays: number): Promise<void> {
    await this.db.systemQuery(
      'delete logs of answers that ended long ago',
      `delete from agent.run_chunk c using agent.run r
        where r.tenant_id = c.tenant_id and r.id = c.run_id and r.finished_at < now() - $1 * interval '1 day'`,
      [olderThanDays],
    );
  }

  async requestCancel(runId: string): Promise<void> {
    await this.db.query(
      `update agent.run set cancel_requested = true where tenant_id = $1 and id = $2 and status = 'running'`,
      [current().tenantId, runId],
    );
  }
}

function busy(): AppError {
  return new AppError(
    'conflict', 'agent.conversation-busy',
    'This conversation is still being answered, and answers one question at a time. Wait for the answer, or stop it with '
      + 'POST /v1/runs/{id}/cancel, then ask again.',
  );
}
