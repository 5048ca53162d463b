import { Authenticator } from '#platform/http';
import { newId } from '#platform/core';
import { type BootedContexts, eventually, withClient } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { MAKERS, type Workshop } from './makers.js';
import { newOperator, newOwner, type Person, principalsOf } from './people.js';
import { type OpenApi, type Route, routesOf } from './routes.js';
import { TenantRows } from './rows.js';
import type { Ids } from './shapes.js';
import { Wire } from './wire.js';

/** A tenant with principals and, as they are needed, one thing of a kind for each of them. */
export interface Attackers {
  owner: Person;
  people: Person[];
  own: Map<Person, Ids>;
}

/** Two tenants in one running application: those who try, and those whose things are gone for. */
export class Stage {
  victim!: { owner: Person; ids: Ids; rows: TenantRows };
  attackers!: Attackers;
  readonly wire: Wire;
  readonly shop: Workshop;

  private constructor(private readonly booted: BootedContexts) {
    this.wire = new Wire(booted.app);
    this.shop = { wire: this.wire, admin: booted.admin };
  }

  static async set(booted: BootedContexts): Promise<Stage> {
    const stage = new Stage(booted);
    const owner = await newOwner(stage.wire, VICTIM);
    const ids = namesOf(owner);
    const named = new Set((await stage.routes()).flatMap(({ params }) => params.map(({ kind }) => kind)));
    for (const kind of Object.keys(MAKERS)) if (named.has(kind)) ids[kind] = await stage.make(kind, owner, owner);
    await stage.wire.need({ method: 'POST', path: '/v1/memories', body: { text: `${VICTIM} keeps one secret.` },
      headers: { 'idempotency-key': ids.idempotency! } }, owner.token);
    await stage.settle();
    stage.victim = { owner, ids, rows: await TenantRows.of(booted.admin, owner.tenantId) };
    await stage.newAttackers();
    return stage;
  }

  async routes(): Promise<Route[]> {
    return routesOf(await this.wire.need<OpenApi>({ method: 'GET', path: '/openapi.json' }));
  }

  /** A fresh tenant of attackers: for the start, and for after a route that ended the one before. */
  async newAttackers(): Promise<void> {
    const owner = await newOwner(this.wire, 'Attackers');
    const people = [...(await principalsOf(this.wire, this.booted.admin, owner)),
      await newOperator(this.wire, this.booted.get(Tenancy), owner)];
    this.attackers = { owner, people, own: new Map(people.map((person) => [person, namesOf(owner)])) };
  }

  /** Whether everybody who has a credential can still use it: as the database says, not as the edge remembers. */
  async alive(): Promise<boolean> {
    const tokens = this.attackers.people.flatMap(({ token }) => token ?? []);
    const answers = await Promise.allSettled(
      tokens.map((token) => this.booted.get(Authenticator).authenticate({ scheme: 'bearer', token })));
    return answers.every(({ status }) => status === 'fulfilled');
  }

  /** What a person of the attackers has of these kinds, made when it is first asked for. */
  async ownOf(person: Person, kinds: string[]): Promise<Ids> {
    const ids = this.attackers.own.get(person)!;
    for (const kind of kinds) {
      if (ids[kind] !== undefined) continue;
      ids[kind] = await this.make(kind, person, this.attackers.owner);
      await this.settle();
    }
    return ids;
  }

  /** One thing of a kind: made by the person where they may, else by the owner. */
  async make(kind: string, by: Person, owner: Person): Promise<string> {
    const maker = MAKERS[kind]!;
    return by.token === undefined ? maker(this.shop, owner) : maker(this.shop, by).catch(() => maker(this.shop, owner));
  }

  /** Waits until no event or job is on its way: what runs behind a request would look like an effect of another one. */
  async settle(): Promise<void> {
    await eventually(async () => {
      const { rows } = await withClient(this.booted.admin,
        (client) => client.query<{ handler: string }>(`select handler from kernel.delivery where status not in ('done', 'dead', ` +
          `'cancelled', 'parked')`));
      if (rows.length > 0) throw new Error(`still on their way: ${rows.map(({ handler }) => handler).join(', ')}`);
    }, { timeoutMs: 30_000 });
  }
}

/** What names a tenant itself, whatever it has. */
function namesOf({ tenantId, userId }: Person): Ids {
  return { tenant: tenantId, owner: userId, idempotency: newId() };
}

/** The victim's name; nobody else's answer may hold it. */
export const VICTIM = 'Quillfeather Verschlusssachen';
