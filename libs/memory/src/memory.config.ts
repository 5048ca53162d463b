import { IsInt, Max, Min } from 'class-validator';
import { Env } from '#platform/core';

export class MemoryConfig {
  @Env('ATOLL_MEMORY_MAX_FACTS', { description: 'Newest facts of one person that are looked through when a question is answered.' })
  @IsInt() @Min(10) @Max(10_000)
  maxFacts: number = 1000;
}
