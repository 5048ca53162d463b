import { IsInt, Max, Min } from 'class-validator';
import { Env } from '#platform/core';

/** How contexts in different processes call each other. */
export class RpcConfig {
  @Env('ATOLL_CALL_LIMIT', { description: 'Longest message of a call between processes, in characters.' })
  @IsInt() @Min(10_000) @Max(100_000_000)
  callLimit: number = 8_000_000;

  @Env('ATOLL_CALL_CONCURRENCY', { description: 'Calls of one context from other processes that this process works on at once.' })
  @IsInt() @Min(1) @Max(100_000)
  callConcurrency: number = 500;

  @Env('ATOLL_CALL_TAKEOVER_MS', {
    description: 'Milliseconds without a sign of life of a replica after which another one takes its calls over.',
  })
  @IsInt() @Min(500) @Max(600_000)
  takeoverMs: number = 5_000;
}
