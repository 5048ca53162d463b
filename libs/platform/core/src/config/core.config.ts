import { IsIn, IsInt, IsOptional, IsString, IsUrl, Max, Min, Validate } from 'class-validator';
import { Env } from './env.decorator.js';
import { IsRootSecret } from './root-secret.rule.js';

/** What every process needs to know, whatever contexts it hosts. */
export class CoreConfig {
  @Env('NODE_ENV', { description: 'production turns the demo tenant off and refuses default or missing secrets.' })
  @IsIn(['development', 'test', 'production'])
  environment: string = 'development';

  @Env('ATOLL_CONTEXTS', { description: 'Contexts this process hosts: all, a comma-separated list (agent,memory), or none (an edge that ' +
    'forwards every route).' })
  @IsString({ each: true })
  contexts: string[] = ['all'];

  @Env('ATOLL_DATA_DIR', { description: 'Folder of the embedded database, uploaded files and generated secrets.' })
  @IsString()
  dataDir: string = './.atoll';

  @Env('HOST', { description: 'Address the HTTP server listens on.' })
  @IsString()
  host: string = '127.0.0.1';

  @Env('PORT', { description: 'Port of the HTTP server. 0 takes any free one.' })
  @IsInt() @Min(0) @Max(65535)
  port: number = 3000;

  @Env('ATOLL_PUBLIC_URL', { description: 'Address under which users reach this deployment.', defaultText: 'http://HOST:PORT' })
  @IsOptional() @IsUrl({ require_tld: false, require_protocol: true })
  publicUrl?: string;

  @Env('DATABASE_URL', { description: 'Postgres 15 or newer, as the unprivileged login role. Without it Atoll runs its embedded ' +
    'Postgres in ATOLL_DATA_DIR.', secret: true })
  @IsOptional() @IsUrl({ protocols: ['postgres', 'postgresql'], require_tld: false })
  databaseUrl?: string;

  @Env('ATOLL_MIGRATION_DATABASE_URL', { description: 'Postgres as the role that owns the schemas: used for migrations at start (or by ' +
    '`npm run atoll -- migrate`) and for nothing else.', secret: true })
  @IsOptional() @IsUrl({ protocols: ['postgres', 'postgresql'], require_tld: false })
  migrationDatabaseUrl?: string;

  @Env('ATOLL_DATABASE_POOL', { description: 'Connections this process holds to Postgres.' })
  @IsInt() @Min(2) @Max(500)
  databasePool: number = 10;

  @Env('ATOLL_SECRET', { description: 'Root secret (at least 32 characters) from which signing and encryption keys are derived. ' +
    'Generated into ATOLL_DATA_DIR outside production.', secret: true })
  @Validate(IsRootSecret)
  secret?: string;

  @Env('ATOLL_SECRET_PREVIOUS', { description: 'Former values of ATOLL_SECRET, comma-separated, the latest first: what was sealed ' +
    'or signed under them still opens and verifies. Without it a changed ATOLL_SECRET is refused at start.', secret: true })
  @Validate(IsRootSecret, { each: true })
  previousSecrets: string[] = [];

  @Env('ATOLL_LOG_LEVEL', { description: 'trace, debug, info, warn, error or silent.' })
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
  logLevel: string = 'info';

  @Env('ATOLL_LOG_FORMAT', { description: 'json, a line each for whoever collects them, or text, for a person at a terminal.',
    defaultText: 'text on a terminal outside production, else json' })
  @IsOptional() @IsIn(['json', 'text'])
  logFormatSetting?: string;

  @Env('ATOLL_STRICT_CALLS', { description: 'Sends calls between contexts of one process through the JSON round trip a remote call takes.',
    defaultText: 'true outside production' })
  @IsOptional()
  strictCallsSetting?: boolean;

  @Env('ATOLL_METRICS_PORT',
    { description: 'Port of /metrics on its own listener. 0 serves it on the main port, to loopback callers only.' })
  @IsInt() @Min(0) @Max(65535)
  metricsPort: number = 0;

  @Env('ATOLL_SHUTDOWN_DELAY_SECONDS', { description: 'How long after SIGTERM the process goes on taking requests while /health/ready ' +
    'answers 503, so that load balancers turn away first. Let it be longer than their probe interval.',
    defaultText: '5 in production, else 0' })
  @IsOptional() @IsInt() @Min(0) @Max(300)
  shutdownDelaySetting?: number;

  @Env('ATOLL_DRAIN_SECONDS',
    { description: 'How long open streams may go on after SIGTERM before they are handed back with a resume hint.' })
  @IsInt() @Min(0) @Max(600)
  drainSeconds: number = 25;

  get production(): boolean {
    return this.environment === 'production';
  }

  get logFormat(): string {
    return this.logFormatSetting ?? (process.stdout.isTTY && !this.production ? 'text' : 'json');
  }

  get shutdownDelaySeconds(): number {
    return this.shutdownDelaySetting ?? (this.production ? 5 : 0);
  }

  get strictCalls(): boolean {
    return this.strictCallsSetting ?? !this.production;
  }
}
