import { IsInt, Max, Min } from 'class-validator';
import { Env } from '../../config/env.decorator.js';

/** The embedded database's own keys; without effect where DATABASE_URL is set. */
export class EmbeddedConfig {
  @Env('ATOLL_EMBEDDED_TRANSACTION_SECONDS', { description: 'How long one transaction may hold the embedded database before it is rolled back: while it is open, every other connection waits.' })
  @IsInt() @Min(1) @Max(3600)
  transactionSeconds: number = 30;

  @Env('ATOLL_EMBEDDED_SLOW_MS', { description: 'Milliseconds after which a statement on the embedded database is logged as slow, while it runs and when it ends. It cannot be interrupted.' })
  @IsInt() @Min(10) @Max(3_600_000)
  slowMs: number = 5_000;
}
