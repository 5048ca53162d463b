import { IsBoolean, IsInt, IsString, Max, Min } from 'class-validator';
import { Env } from '#platform/core';

/** How this process takes part in running event handlers, jobs and schedules. */
export class DeliveryConfig {
  @Env('ATOLL_RUN_JOBS', {
    description: 'Whether this process runs event handlers, jobs and schedules of the contexts it hosts. false leaves them to other '
      + 'processes (apps/worker). Several processes that run them share a Postgres and REDIS_URL; without it one of them does and the '
      + 'others wait.',
  })
  @IsBoolean()
  enabled: boolean = true;

  @Env('ATOLL_QUEUES', {
    description: 'Whose event handlers, jobs and schedules this process runs: all, or a comma-separated list of hosted contexts and single '
      + 'handlers (search,agent.report-usage). What no process names waits.',
  })
  @IsString({ each: true })
  queues: string[] = ['all'];

  @Env('ATOLL_LEASE_SECONDS', {
    description: 'How long a process may be silent before what it was running is given to another one, where REDIS_URL is set. '
      + 'What was handed to a queue and has not ended after twice this time is handed to it again.',
  })
  @IsInt() @Min(1) @Max(3600)
  leaseSeconds: number = 30;

  @Env('ATOLL_POLL_SECONDS', {
    description: 'Safety net: how often the outbox is looked at although nothing is due and nobody told of anything.',
    defaultText: '5 on a Postgres server, 60 on the embedded database',
  })
  @IsInt() @Min(0) @Max(3600)
  pollSeconds: number = 0;

  @Env('ATOLL_JOB_HISTORY_DAYS',
    { description: 'Days for which finished jobs can be looked up and handled messages are recognised when they come twice.' })
  @IsInt() @Min(1) @Max(365)
  historyDays: number = 7;

  @Env('ATOLL_DEAD_LETTER_DAYS', { description: 'Days for which messages that failed for good are kept for replay.' })
  @IsInt() @Min(1) @Max(3650)
  deadLetterDays: number = 90;
}
