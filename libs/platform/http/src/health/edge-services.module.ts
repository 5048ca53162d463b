import { Global, Module } from '@nestjs/common';
import { Readiness } from './readiness.js';
import { Lifecycle } from './lifecycle.js';

/** What parts of the platform and contexts tell the edge, and learn from it. */
@Global()
@Module({ providers: [Readiness, Lifecycle], exports: [Readiness, Lifecycle] })
export class EdgeServicesModule {}
