import { Module } from '@nestjs/common';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { contract, provideContract } from '#platform/core';

export abstract class Echo {
  abstract say(ask: { text: string; passages: { id: string; score: number }[] }): Promise<{ text: string;
    passages: { id: string; score: number }[] }>;
}

export const echoContract = contract<Echo>('echo', Echo, { say: 'query' });

class EchoService extends Echo {
  say<T>(ask: T): Promise<T> {
    return Promise.resolve(ask);
  }
}

@Module({ imports: [ContextModule.for('echo')], providers: provideContract(echoContract, EchoService), exports: [Echo] })
class EchoModule {}

export const echo: ContextWiring = { name: 'echo', contract: echoContract, module: EchoModule, config: [], entities: [], migrations: [] };

abstract class Caller {}

const callerContract = contract<Caller>('caller', Caller, {});

@Module({ imports: [ContextModule.for('caller')], providers: [{ provide: Caller, useValue: {} }], exports: [Caller] })
class CallerModule {}

export const caller: ContextWiring = { name: 'caller', contract: callerContract, module: CallerModule, config: [], entities: [],
  migrations: [] };

/** As large as a question with eight found passages. */
export const ask = { text: 'How do I move search into its own pod?',
  passages: Array.from({ length: 8 }, (_, at) => ({ id: `018f0000-0000-7000-8000-00000000000${at}`, score: at / 8 })) };
