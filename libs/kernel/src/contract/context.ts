import type { Type } from '@nestjs/common';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { ConfigClass } from '../config/env.decorator.js';
import type { BlobMap, DataMap } from '../data/data-map.js';
import type { Migration } from '../db/migration.js';
import type { Contract } from './contract.js';

/** The wiring of one context, exported as `context` by its module door: everything apps/* need to host it. */
export interface ContextWiring {
  /** Also the name of its Postgres schema and of its role `atoll_<name>`. */
  name: string;
  contract: Contract<never> | Contract;
  module: Type;
  config: ConfigClass[];
  entities: EntityTarget<ObjectLiteral>[];
  migrations: Migration[];
  /** What each of its tables holds; checked against the database's own catalogue. */
  dataMap?: DataMap;
  /** What its blobs are. */
  blobMap?: BlobMap;
}
