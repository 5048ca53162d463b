import { Readable } from 'node:stream';
import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { Allow } from '#platform/http';
import { type Page, PageQuery } from '#platform/database';
import { currentFlow, IsMoment, pulledIn } from '#platform/core';
import type { AuditVerdict } from '../../contract.js';
import { AuditService, toEntry } from './audit.service.js';
import { cef } from './cef.js';
import type { AuditEntry, StoredEntry } from './chain.js';
import { AuditVerifier } from './verifier.service.js';

export class AuditQuery extends PageQuery {
  /** Done at this time or later. */
  @IsOptional() @IsMoment()
  from?: string;

  /** Done before this time. */
  @IsOptional() @IsMoment()
  to?: string;

  /** A whole action (`search.file.created`), or the beginning of one with its dot (`search.`). */
  @IsOptional() @IsString() @MaxLength(120) @Matches(/^[a-z.-]+$/)
  action?: string;

  /** Id of the user, key or service that did it. */
  @IsOptional() @IsUUID()
  actor?: string;

  /** Id of what it was done to. */
  @IsOptional() @IsUUID()
  target?: string;
}

export class AuditExportQuery extends AuditQuery {
  /** jsonl: one entry a line with its hash, enough to check the chain. cef: for log collectors. */
  @IsOptional() @IsIn(['jsonl', 'cef'])
  format: 'jsonl' | 'cef' = 'jsonl';
}

/** Asks for a permission that `*.read` does not cover: who did what is not for everybody who may read. */
@ApiTags('audit')
@Controller('v1/audit')
export class AuditController {
  constructor(
    private readonly audit: AuditService,
    private readonly verifier: AuditVerifier,
  ) {}

  /** What was done in this tenant, newest first. */
  @Get()
  @Allow('tenancy.audit.write')
  list(@Query() { limit, cursor, ...filter }: AuditQuery): Promise<Page<AuditEntry>> {
    return this.audit.list(filter, { limit, cursor });
  }

  /** All entries that match, oldest first, as one download. */
  @Get('export')
  @ApiProduces('application/jsonl', 'text/plain')
  @Allow('tenancy.audit.write')
  export(@Query() { format, limit: _limit, cursor: _cursor, ...filter }: AuditExportQuery): StreamableFile {
    const lines = pulledIn(currentFlow()!, printed(this.audit.all(filter), format));
    return new StreamableFile(Readable.from(lines), {
      type: format === 'cef' ? 'text/plain; charset=utf-8' : 'application/jsonl',
      disposition: `attachment; filename="audit.${format === 'cef' ? 'log' : 'jsonl'}"`,
    });
  }

  /** Whether the chain is whole, and if not, the first entry that is not what was written. Reads all of it. */
  @Get('verification')
  @Allow('tenancy.audit.write')
  verify(): Promise<AuditVerdict> {
    return this.verifier.verify();
  }
}

/** `entry` stands exactly as it was hashed: the SHA-256 of its characters is `hash`. */
async function* printed(entries: AsyncIterable<StoredEntry>, format: 'jsonl' | 'cef'): AsyncGenerator<string> {
  for await (const entry of entries)
    yield format === 'cef' ? `${cef(toEntry(entry))}\n` : `{"entry":${entry.body},"hash":"${entry.hash}"}\n`;
}
