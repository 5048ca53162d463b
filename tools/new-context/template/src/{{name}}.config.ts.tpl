import { IsInt, Max, Min } from 'class-validator';
import { Env } from '#platform/core';

/** Limits of {{name}}. */
export class {{Name}}Config {
  @Env('ATOLL_{{NAME}}_MAX_ENTRIES', { description: 'Entries a tenant may have.' })
  @IsInt() @Min(1) @Max(1_000_000)
  maxEntries: number = 10_000;
}
