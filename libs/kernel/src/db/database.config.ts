import { IsInt, Max, Min } from 'class-validator';
import { Env } from '../config/env.decorator.js';

/** Limits of every database connection, whichever server it leads to. */
export class DatabaseConfig {
  @Env('ATOLL_DATABASE_STATEMENT_SECONDS', { description: 'A database statement that runs longer is stopped and the caller told.' })
  @IsInt() @Min(1) @Max(3600)
  statementSeconds: number = 30;

  @Env('ATOLL_DATABASE_WAIT_SECONDS', { description: 'How long a statement waits for a free connection before the caller is told to come back.' })
  @IsInt() @Min(1) @Max(600)
  waitSeconds: number = 10;

  @Env('ATOLL_EMBEDDED_TRANSACTION_SECONDS', { description: 'How long one transaction may hold the embedded database, where everything else waits for it, before it is rolled back. Without effect where DATABASE_URL is set.' })
  @IsInt() @Min(1) @Max(3600)
  embeddedTransactionSeconds: number = 30;
}
