import type { BlobMap, DataMap } from './data-map.js';

/** What privacy work knows of a context: the part of its wiring that says what its tables and blobs hold. */
export interface DataOwner {
  /** Also the name of its Postgres schema and of its role `atoll_<name>`. */
  name: string;
  migrations: { name: string }[];
  /** What each of its tables holds; checked against the database's own catalogue. */
  dataMap?: DataMap;
  /** What its blobs are. */
  blobMap?: BlobMap;
}

/** DI token: the contexts that this process hosts. */
export const DATA_OWNERS = Symbol('atoll.data-owners');
