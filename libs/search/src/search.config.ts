import { IsInt, Max, Min } from 'class-validator';
import { Env } from '#platform/core';

/** Limits of the knowledge base. */
export class SearchConfig {
  @Env('ATOLL_SEARCH_MAX_PAGES', { description: 'Pages a PDF may have to be accepted.' })
  @IsInt() @Min(1) @Max(100_000)
  maxPages: number = 2_000;

  @Env('ATOLL_SEARCH_MAX_CHARACTERS', { description: 'Characters of extracted text a file may have to be accepted.' })
  @IsInt() @Min(1_000) @Max(50_000_000)
  maxCharacters: number = 5_000_000;

  @Env('ATOLL_SEARCH_PARSE_SECONDS', { description: 'Seconds after which the process that reads an uploaded file is killed.' })
  @IsInt() @Min(1) @Max(600)
  parseSeconds: number = 60;

  @Env('ATOLL_SEARCH_PARSE_MEGABYTES', { description: 'Megabytes of memory past which the process that reads an uploaded file is killed.' })
  @IsInt() @Min(128) @Max(16_384)
  parseMegabytes: number = 768;

  @Env('ATOLL_SEARCH_VECTOR_MEGABYTES', { description: 'Megabytes of vectors a process keeps in memory where Postgres has no pgvector. ' +
    'A tenant with more is searched by words only, and the log says so.' })
  @IsInt() @Min(1) @Max(65_536)
  vectorMegabytes: number = 128;
}
