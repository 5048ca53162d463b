import { IsIn, IsInt, IsOptional, IsUrl, Max, Min } from 'class-validator';
import { Env } from '#platform/core';
import type { Pooler } from './connection/pooler.js';

/** Limits of every database connection, whichever server it leads to. */
export class DatabaseConfig {
  @Env('ATOLL_DATABASE_STATEMENT_SECONDS', { description: 'A database statement that runs longer is stopped and the caller told.' })
  @IsInt() @Min(1) @Max(3600)
  statementSeconds: number = 30;

  @Env('ATOLL_DATABASE_WAIT_SECONDS',
    { description: 'How long a statement waits for a free connection before the caller is told to come back.' })
  @IsInt() @Min(1) @Max(600)
  waitSeconds: number = 10;

  @Env('ATOLL_DATABASE_POOLER', { description: 'What DATABASE_URL leads to: none (Postgres itself), session (a pooler such as PgBouncer ' +
    'that gives each connection one of its own) or transaction (one that gives each transaction whichever is free: no prepared ' +
      'statements are kept, limits travel with each statement).' })
  @IsIn(['none', 'session', 'transaction'])
  pooler: Pooler = 'none';

  @Env('ATOLL_DATABASE_DIRECT_URL', { description: 'Postgres itself, as the login of DATABASE_URL, where that leads to a pooler of ' +
    'transactions: without REDIS_URL the lock that says which process runs handlers is held there. Without it that is a transaction ' +
      'through the pooler that stays open. ATOLL_DATABASE_DIRECT_URL_<CONTEXT> for a context with a database of its own.', secret: true })
  @IsOptional() @IsUrl({ protocols: ['postgres', 'postgresql'], require_tld: false })
  directUrl?: string;

  @Env('ATOLL_DATABASE_REPLICA_URL', { description: 'A hot standby of the server of DATABASE_URL, same database and login, for lists ' +
    'and counts that may be some seconds old (audit, usage, analytics). The primary answers while it is away or too far behind.',
    secret: true })
  @IsOptional() @IsUrl({ protocols: ['postgres', 'postgresql'], require_tld: false })
  replicaUrl?: string;

  @Env('ATOLL_DATABASE_REPLICA_LAG_SECONDS', { description: 'How far behind the primary the replica may be and still be asked.' })
  @IsInt() @Min(2) @Max(3600)
  replicaLagSeconds: number = 10;

  @Env('ATOLL_EMBEDDED_TRANSACTION_SECONDS', { description: 'How long one transaction may hold the embedded database, where everything ' +
    'else waits for it, before it is rolled back. Without effect where DATABASE_URL is set.' })
  @IsInt() @Min(1) @Max(3600)
  embeddedTransactionSeconds: number = 30;
}
