import { Global, Injectable, Module, type Type } from '@nestjs/common';
import { Billing } from '#billing';
import { context } from '#analytics/module';
import { Authenticator } from '#platform/http';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { Events } from '#platform/messaging';
import { contract, newId } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts, type Engine, TestAuthenticator, withClient } from '#platform/testing';
import { turnCompleted } from '#agent';

type Turn = Required<typeof turnCompleted>['data'];

/** A context that does nothing but speak: analytics hears from it what the real one would say. */
function speaker(name: string): { wiring: ContextWiring; token: Type<{ events: Events }> } {
  @Injectable()
  class Speaker {
    constructor(readonly events: Events) {}
  }
  @Global()
  @Module({ imports: [ContextModule.for(name)], providers: [Speaker], exports: [Speaker] })
  class SpeakerModule {}
  abstract class Silent {}
  return { token: Speaker,
    wiring: { name, contract: contract(name, Silent, {}), module: SpeakerModule, config: [], entities: [], migrations: [] } };
}

/** Billing that knows one sum, or cannot be asked. */
export class FakeBilling {
  asked: { from: string; to: string }[] = [];
  failure?: Error;

  async totals(range: { from: string; to: string }): Promise<{ currency: string; costMicros: number; inputTokens: number;
    outputTokens: number; runs: number }> {
    this.asked.push(range);
    if (this.failure) throw this.failure;
    return { currency: 'EUR', costMicros: 123_456, inputTokens: 0, outputTokens: 0, runs: 0 };
  }
}

const speakers = { agent: speaker('agent'), search: speaker('search'), tenancy: speaker('tenancy') };

/** Analytics alone, with contexts that speak in place of the real ones. */
export class Stage {
  readonly billing: FakeBilling;
  private constructor(readonly booted: BootedContexts, billing: FakeBilling) {
    this.billing = billing;
  }

  static async open(engine: Engine): Promise<Stage> {
    const billing = new FakeBilling();
    const wirings = [...Object.values(speakers).map(({ wiring }) => wiring), context];
    return new Stage(await bootContexts(wirings,
      { engine, fakes: [{ provide: Billing, useValue: billing }, { provide: Authenticator, useClass: TestAuthenticator }] }), billing);
  }

  async say<T extends object>(tenantId: string, event: Parameters<Events['publish']>[0] & { data?: T }, data: T): Promise<void> {
    const { events } = this.booted.get(speakers[event.name.split('.')[0] as keyof typeof speakers].token);
    await asTenant(tenantId, () => events.publish(event, data));
  }

  async turn(tenantId: string, change: Partial<Turn> = {}): Promise<void> {
    const runId = newId();
    await this.say(tenantId, turnCompleted, {
      turnId: runId, runId, conversationId: newId(), questionId: newId(), messageId: newId(), agentId: newId(), userId: newId(),
      model: 'offline', offline: true,
      tokensIn: 100, tokensOut: 10, tokensCached: 5, latencyMs: 200, firstTokenMs: 20, outcome: 'answered', cited: [], ...change,
    });
  }

  /** How much of what was said to a tenant no handler has taken yet. */
  async unheard(tenantId: string): Promise<number> {
    const { rows } = await withClient(this.booted.admin,
      (client) => client.query<{ n: string }>(`select count(*) as n from kernel.delivery where tenant_id = $1 and status <> 'done'`,
        [tenantId]));
    return Number(rows[0]!.n);
  }

  close(): Promise<void> {
    return this.booted.close();
  }
}
