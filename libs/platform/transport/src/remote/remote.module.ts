import { type DynamicModule, Global, Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Contract } from '#platform/core';
import { Remote } from './remote.service.js';

const HOSTED = Symbol('atoll.hosted-contracts');

/** Binds the contracts of contexts elsewhere to their stand-ins, and answers for the contexts hosted here once everything is up. */
@Global()
@Module({})
export class RemoteModule implements OnApplicationBootstrap {
  constructor(
    private readonly remote: Remote,
    private readonly modules: ModuleRef,
    @Inject(HOSTED) private readonly hosted: Contract[],
  ) {}

  static over(hosted: Contract[], elsewhere: Contract[]): DynamicModule {
    return {
      module: RemoteModule,
      providers: [
        Remote,
        { provide: HOSTED, useValue: hosted },
        ...elsewhere.map((contract) => ({ provide: contract.token, inject: [Remote], useFactory: (remote: Remote) => remote.standIn(contract) })),
      ],
      exports: elsewhere.map((contract) => contract.token),
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.remote.reachable || this.hosted.length === 0) return;
    await this.remote.serve(this.hosted.map((contract) => ({ contract, target: this.modules.get<object>(contract.token as never, { strict: false }) })));
  }
}
