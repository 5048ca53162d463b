import { type DynamicModule, Global, Module } from '@nestjs/common';
import { CoreConfig } from './config/core.config.js';
import type { ConfigClass } from './config/env.decorator.js';
import { loadConfig } from './config/load.js';
import type { ContextWiring } from './contract/context.js';

export interface KernelOptions {
  /** The contexts this process hosts. */
  wirings: ContextWiring[];
  /** In place of the process' environment, for tests. */
  env?: NodeJS.ProcessEnv;
}

/** DI token of the hosted contexts' wirings. */
export const WIRINGS = Symbol('atoll.wirings');

/** The kernel's own config classes; each owner adds its line. */
const KERNEL_CONFIG: ConfigClass[] = [CoreConfig];

/** What every context stands on, available everywhere: configuration, database, wall. */
@Global()
@Module({})
export class KernelModule {
  static forRoot({ wirings, env }: KernelOptions): DynamicModule {
    const config = loadConfig([...KERNEL_CONFIG, ...wirings.flatMap((wiring) => wiring.config)], env);
    const values = [...config].map(([token, value]) => ({ provide: token, useValue: value }));
    return {
      module: KernelModule,
      providers: [...values, { provide: WIRINGS, useValue: wirings }],
      exports: [...config.keys(), WIRINGS],
    };
  }
}
