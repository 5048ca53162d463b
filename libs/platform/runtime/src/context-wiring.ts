import type { Type } from '@nestjs/common';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { ConfigClass, Contract } from '#platform/core';
import type { DataOwner } from '#platform/privacy';
import type { Migration } from '#platform/database';

/** The wiring of one context, exported as `context` by its module door: everything apps/* need to host it. */
export interface ContextWiring extends DataOwner {
  contract: Contract<never> | Contract;
  module: Type;
  config: ConfigClass[];
  entities: EntityTarget<ObjectLiteral>[];
  migrations: Migration[];
}
