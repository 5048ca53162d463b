import { Injectable } from '@nestjs/common';
import { AppError, isId, newId, Secrets } from '#platform/core';
import { Db } from '#platform/database';
import type { Principal } from '#platform/http';
import { PlanQuotas } from '../../access/plan-quotas.js';
import { asTenant } from '../../access/as-tenant.js';
import { type CredentialPrefix, parseCredential } from '../../access/credential.js';
import { credentialRefused } from '../../access/refused.js';
import { WIDGET_KEY, keyMaterial } from './widget.service.js';

/** What a page's script gets for the widget's key. */
export interface VisitorToken {
  token: string;
  tokenType: 'Bearer';
  /** Seconds the token lives. */
  expiresIn: number;
  visitorId: string;
  agentId: string;
}

interface Visit {
  tenantId: string;
  widgetId: string;
  visitorId: string;
  /** Of the widget's key: another key ends its visits. */
  generation: number;
  /** Epoch seconds. */
  expiresAt: number;
  origin: string;
}

interface Widget {
  agentId: string;
  origins: string[];
  perMinute: number;
  perVisitorMinute: number;
  generation: number;
  seed: string;
  plan: string;
}

const PURPOSE = 'tenancy.visitor-token';
const PREFIX = 'atv_' satisfies `${CredentialPrefix}_`;
const SECONDS = 900;
/** A visitor who comes back with a token that ended since is the same visitor, with the same conversations. */
const COMES_BACK_SECONDS = 30 * 86_400;
const MOST_CHARACTERS = 1_024;

/** All that a visitor may: talk with the widget's agent, and read and delete what was said. */
const VISITOR_PERMISSIONS = ['agent.runs.read', 'agent.runs.write', 'agent.feedback.write', 'memory.conversations.read',
  'memory.conversations.write'];

/** People nobody knows, on web pages of a tenant. A visit stands in its signed token alone; no row is written for it. */
@Injectable()
export class VisitorService {
  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
    private readonly quotas: PlanQuotas,
  ) {}

  /** A token for the page that asks. With the token of an earlier visit to this page it is the same visitor's. */
  async welcome(key: string, origin: string | undefined, earlier?: string): Promise<VisitorToken> {
    const given = parseCredential('atw', key);
    if (!given) throw credentialRefused();
    const { tenantId, id: widgetId } = given;
    return asTenant(tenantId, async () => {
      const widget = await this.widget(widgetId);
      if (!widget || widget.generation !== given.number ||
        !this.secrets.verify(WIDGET_KEY, keyMaterial({ id: widgetId, ...widget }), given.secret)) throw credentialRefused();
      if (origin === undefined || !widget.origins.includes(origin)) throw wrongPage();
      const before = earlier === undefined ? undefined : this.read(earlier, COMES_BACK_SECONDS);
      const known = before !== undefined && before.tenantId === tenantId && before.widgetId === widgetId && before.origin === origin;
      await this.count(tenantId, widgetId, !known);
      const visitorId = known ? before.visitorId : newId();
      const visit = { tenantId, widgetId, visitorId, generation: widget.generation, expiresAt: Math.floor(Date.now() / 1_000) + SECONDS,
        origin };
      return { token: this.write(visit), tokenType: 'Bearer' as const, expiresIn: SECONDS, visitorId, agentId: widget.agentId };
    });
  }

  /** Undefined for whatever opens nothing: not ours, over, or of a widget that is disabled, gone, rekeyed or no longer on that page. */
  async verify(token: string): Promise<Principal | undefined> {
    const visit = this.read(token);
    if (!visit) return undefined;
    const { tenantId, widgetId, visitorId, origin, expiresAt } = visit;
    const widget = await asTenant(tenantId, () => this.widget(widgetId));
    if (!widget || widget.generation !== visit.generation || !widget.origins.includes(origin)) return undefined;
    return {
      tenantId,
      actor: { kind: 'visitor', id: visitorId, roles: [], permissions: [...VISITOR_PERMISSIONS], agentId: widget.agentId },
      credentialId: widgetId,
      expiresAt: expiresAt * 1_000,
      origin,
      quotas: [{ name: 'visitor', id: visitorId, perMinute: widget.perVisitorMinute },
        { name: 'widget', id: widgetId, perMinute: widget.perMinute }, ...this.quotas.of(widget.plan, tenantId)],
    };
  }

  private async widget(id: string): Promise<Widget | undefined> {
    const [row] = await this.db.query<Widget>(
      `select widget.agent_id as "agentId", widget.origins, widget.per_minute as "perMinute", widget.per_visitor_minute as
      "perVisitorMinute", widget.generation, widget.seed, tenant.plan
       from tenancy.widget join tenancy.tenant on tenant.tenant_id = widget.tenant_id
       where widget.id = $1 and widget.status = 'active' and tenant.status = 'active'`,
      [id],
    );
    return row;
  }

  /** One statement decides for all processes whether this minute has room for one more token; then the day counts it. */
  private async count(tenantId: string, widgetId: string, isNew: boolean): Promise<void> {
    const taken = await this.db.query(
      `with taken as (
         update tenancy.widget set issued = case when issued_at = date_trunc('minute', now()) then issued + 1 else 1 end, issued_at =
         date_trunc('minute', now())
         where id = $2 and (issued_at is distinct from date_trunc('minute', now()) or issued < per_minute) returning id)
       insert into tenancy.widget_day as counted (tenant_id, widget_id, day, visitors, tokens) select $1, id, current_date, $3::int, 1
       from taken
       on conflict (tenant_id, widget_id, day) do update set visitors = counted.visitors + excluded.visitors, tokens = counted.tokens + 1
       returning day`,
      [tenantId, widgetId, isNew ? 1 : 0],
    );
    if (taken.length === 0) throw new AppError('rate-limited', 'tenancy.widget-busy',
      'This widget gave out as many tokens as it may in a minute, so you got none. Ask again in a minute.', { retryAfterSeconds: 60 });
  }

  private write(visit: Visit): string {
    const text = Buffer.from(
      JSON.stringify([visit.tenantId, visit.widgetId, visit.visitorId, visit.generation, visit.expiresAt, visit.origin]))
      .toString('base64url');
    return `${PREFIX}${text}.${this.secrets.sign(PURPOSE, text)}`;
  }

  private read(token: string, graceSeconds = 0): Visit | undefined {
    const at = token.indexOf('.');
    if (!token.startsWith(PREFIX) || at < 0 || token.length > MOST_CHARACTERS) return undefined;
    const text = token.slice(PREFIX.length, at);
    if (!this.secrets.verify(PURPOSE, text, token.slice(at + 1))) return undefined;
    const [tenantId, widgetId, visitorId, generation, expiresAt, origin] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [string,
      string, string, number, number, string];
    const over = expiresAt + graceSeconds <= Date.now() / 1_000;
    return over || ![tenantId, widgetId, visitorId].every(isId) ? undefined
      : { tenantId, widgetId, visitorId, generation, expiresAt, origin };
  }
}

function wrongPage(): AppError {
  return new AppError('forbidden', 'tenancy.widget-origin',
    'This widget does not stand on the page that asks, so no token was given. Add the page\'s origin to the widget, or send the request ' +
      'from a browser on that page.');
}
