import { Injectable } from '@nestjs/common';
import { type Actor, AppError, current, fromGrants, isGranted, isId, newId, notFound, ResourceAccess, toGrants } from '#platform/core';
import { Db, onDuplicate } from '#platform/database';
import type { AgentProfile } from '../contract.js';
import { AgentRow, toProfile } from './agent.entity.js';

type AgentSettings = Pick<AgentProfile, 'name' | 'instructions' | 'model' | 'temperature' | 'knowledge' | 'memory'>;

const DEFAULT_HANDLE = 'atoll';
/** A tenant's list is read whole: it names its assistants by hand. */
const MOST_AGENTS = 500;
/** So many of each tenant are kept for the next turns, so long: a change by another process counts after that, one made here at once. */
const KEPT_AGENTS = 50;
const KEPT_MS = 2_000;
const KEPT_TENANTS = 500;

interface KeptAgents {
  until: number;
  rows: Promise<AgentRow[]>;
}

/** The assistants of a tenant. One is the default: it answers where none is named, and is there without any set-up. */
@Injectable()
export class AgentProfileService {
  private readonly kept = new Map<string, KeptAgents>();

  constructor(private readonly db: Db) {}

  /** Has the agents of the tenant at hand for `answering`: beside other work, so that it costs a turn no round trip of its own. */
  load(): Promise<AgentRow[]> {
    const { tenantId } = current();
    const kept = this.kept.get(tenantId);
    if (kept && kept.until > Date.now()) return kept.rows;
    if (this.kept.size >= KEPT_TENANTS) this.kept.clear();
    const rows = this.db.repo(AgentRow).find({ where: { tenantId }, order: { isDefault: 'DESC', id: 'ASC' }, take: KEPT_AGENTS });
    this.kept.set(tenantId, { until: Date.now() + KEPT_MS, rows });
    rows.catch(() => this.kept.delete(tenantId));
    return rows;
  }

  /** Who answers: the agent `id`, or the default one where it is null, deleted, or there for others only. */
  async answering(id: string | null): Promise<AgentProfile> {
    const { actor } = current();
    const rows = await this.load();
    const wanted = id === null ? null : (rows.find((row) => row.id === id) ?? (await this.known(id)));
    const row = wanted && isFor(actor, wanted) ? wanted : rows.find(({ isDefault }) => isDefault);
    return row && isFor(actor, row) ? toProfile(row) : this.default();
  }

  /** A visitor's only agent is their default. */
  async default(): Promise<AgentProfile> {
    const { tenantId, actor } = current();
    if (actor.kind === 'visitor') return this.find(actor.agentId ?? '');
    const known = await this.db.repo(AgentRow).findOneBy({ tenantId, isDefault: true });
    if (known) return toProfile(known);
    await this.db.query(
      `insert into agent.agent (tenant_id, id, name, handle, is_default) values ($1, $2, 'Atoll', $3, true) on conflict do nothing`,
      [tenantId, newId(), DEFAULT_HANDLE],
    );
    this.changed();
    return toProfile(await this.db.repo(AgentRow).findOneByOrFail({ tenantId, isDefault: true }));
  }

  /** Whether there is such an agent for the caller. */
  async knows(id: string): Promise<boolean> {
    const row = await this.known(id);
    return row !== null && isFor(current().actor, row);
  }

  async find(id: string): Promise<AgentProfile> {
    return toProfile(await this.row(id));
  }

  /** By the name an OpenAI client gives as `model`; `default` is the default one whatever its handle. */
  async byHandle(handle: string): Promise<AgentProfile> {
    if (handle === 'default') return this.answering(null);
    const { tenantId, actor } = current();
    const named = { handle: handle.toLowerCase() };
    const kept = (await this.load()).find((row) => row.handle === named.handle);
    const row = kept ?? (await this.db.repo(AgentRow).findOneBy({ tenantId, ...named }));
    if (row && isFor(actor, row)) return toProfile(row);
    const fallback = await this.default();
    if (fallback.handle === named.handle) return fallback;
    throw notFound('agent');
  }

  /** The default one first, then by name. */
  async list(): Promise<AgentProfile[]> {
    await this.default();
    const { tenantId, actor } = current();
    const order = { isDefault: 'DESC', name: 'ASC', id: 'ASC' } as const;
    const rows = await this.db.repo(AgentRow).find({ where: { tenantId }, order, take: MOST_AGENTS });
    return rows.filter((row) => isFor(actor, row)).map(toProfile);
  }

  async create(settings: AgentSettings): Promise<AgentProfile> {
    const { tenantId } = current();
    if ((await this.db.repo(AgentRow).countBy({ tenantId })) >= MOST_AGENTS) throw tooMany();
    const now = new Date();
    const handle = await this.freeHandle(handleOf(settings.name));
    const row = { ...settings, tenantId, id: newId(), handle, isDefault: false, grantedTo: null, createdAt: now, updatedAt: now };
    await onDuplicate(this.db.repo(AgentRow).insert(row), () => nameTaken(handle));
    this.changed();
    return toProfile(row);
  }

  /** The handle stays what it was: clients are configured with it. */
  async change(id: string, settings: Partial<AgentSettings>): Promise<AgentProfile> {
    const row = await this.row(id);
    const changed = { ...row, ...settings, updatedAt: new Date() };
    const { tenantId: _tenant, id: _id, ...columns } = changed;
    await this.db.repo(AgentRow).update({ tenantId: row.tenantId, id }, columns);
    this.changed();
    return toProfile(changed);
  }

  /** Which agent answers where none is named. */
  async makeDefault(id: string): Promise<AgentProfile> {
    const row = await this.row(id);
    const { tenantId } = row;
    if (row.grantedTo !== null) throw defaultIsOpen();
    await this.db.tx(async () => {
      await this.db.query('update agent.agent set is_default = false where tenant_id = $1 and is_default and id <> $2', [tenantId, id]);
      await this.db.query('update agent.agent set is_default = true, updated_at = now() where tenant_id = $1 and id = $2', [tenantId, id]);
    });
    this.changed();
    return toProfile({ ...row, isDefault: true });
  }

  async access(id: string): Promise<ResourceAccess> {
    return fromGrants((await this.row(id)).grantedTo);
  }

  async setAccess(id: string, access: ResourceAccess): Promise<ResourceAccess> {
    const { tenantId, isDefault } = await this.row(id);
    const grantedTo = toGrants(access);
    if (isDefault && grantedTo !== null) throw defaultIsOpen();
    await this.db.repo(AgentRow).update({ tenantId, id }, { grantedTo });
    this.changed();
    return fromGrants(grantedTo);
  }

  async remove(id: string): Promise<void> {
    const row = await this.row(id);
    if (row.isDefault) {
      throw new AppError(
        'conflict', 'agent.default-agent',
        'This is the default agent, and a tenant always has one, so it was not deleted. Make another agent the default first.',
      );
    }
    await this.db.repo(AgentRow).delete({ tenantId: row.tenantId, id });
    this.changed();
  }

  /** Of a name that an agent has whom the caller does not know of, another one: a refusal would tell of it. */
  private async freeHandle(handle: string): Promise<string> {
    const { tenantId, actor } = current();
    const taken = await this.db.repo(AgentRow).findOneBy({ tenantId, handle });
    return taken && !isFor(actor, taken) ? `${handle}-${newId().slice(-4)}` : handle;
  }

  /** The next turn reads the agents anew; also where this is part of a larger unit, once that has committed. */
  private changed(): void {
    const { tenantId } = current();
    this.db.afterCommit(() => this.kept.delete(tenantId));
  }

  private async known(id: string): Promise<AgentRow | null> {
    return isId(id) ? this.db.repo(AgentRow).findOneBy({ tenantId: current().tenantId, id }) : null;
  }

  private async row(id: string): Promise<AgentRow> {
    const row = await this.known(id);
    if (!row || !isFor(current().actor, row)) throw notFound('agent');
    return row;
  }
}

/** Whether there is such an agent for them: of a visitor their widget's alone, of others every one that is open or granted to them. */
function isFor(actor: Actor, { id, grantedTo }: AgentRow): boolean {
  return actor.kind === 'visitor' ? id === actor.agentId : isGranted(grantedTo, actor);
}

function defaultIsOpen(): AppError {
  return new AppError(
    'conflict', 'agent.default-open', 'The default agent answers everybody, so nothing was changed. Make an open agent the default first.',
  );
}

function nameTaken(handle: string): AppError {
  return new AppError(
    'conflict', 'agent.name-taken', `Another agent is called "${handle}" already, so this one was not made. Choose another name.`,
  );
}

/** What of a name can stand in `model`: small letters, digits and dashes. */
function handleOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const handle = plain.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60);
  return handle === '' || handle === 'default' ? `agent-${newId().slice(-8)}` : handle;
}

function tooMany(): AppError {
  const most = `A tenant has at most ${MOST_AGENTS} agents. Delete one that is not used any more.`;
  return new AppError('conflict', 'agent.too-many-agents', most);
}
