import { Controller, Get, HttpCode, Param, Post, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Allow, IdParam, Public } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { type Export, ExportService } from './export.service.js';

export class ArchiveLink {
  /** From the answer that made it. */
  @IsString() @MaxLength(300)
  link: string;
}

/** Asks for what is the owner's alone: everything the tenant has, in one file. */
@ApiTags('tenant')
@Controller('v1/tenant/exports')
export class ExportController {
  constructor(private readonly exports: ExportService) {}

  /** Orders an archive of everything this tenant has, in every context. While one is being made, asking again gives that one. */
  @Post()
  @HttpCode(202)
  @Allow('tenancy.ownership.write')
  @Unaudited('ExportService.ask audits it')
  async ask(): Promise<{ id: string }> {
    const { id } = await this.exports.ask();
    return { id };
  }

  /** The last fifty, newest first. */
  @Get()
  @Allow('tenancy.ownership.write')
  async list(): Promise<{ items: Export[] }> {
    return { items: await this.exports.list() };
  }

  @Get(':id')
  @Allow('tenancy.ownership.write')
  get(@Param('id', new IdParam('export')) id: string): Promise<Export> {
    return this.exports.get(id);
  }

  /** A link to the finished archive that opens without a credential, for 15 minutes. */
  @Post(':id/link')
  @HttpCode(200)
  @Allow('tenancy.ownership.write')
  @Unaudited('ExportService.link audits it')
  link(@Param('id', new IdParam('export')) id: string): Promise<{ id: string; path: string; expiresAt: string }> {
    return this.exports.link(id);
  }
}

@ApiTags('tenant')
@Controller('v1/tenant-archives')
export class ArchiveController {
  constructor(private readonly exports: ExportService) {}

  /** The archive that a link names. */
  @Get()
  @Public()
  @ApiProduces('application/x-tar')
  async open(@Query() { link }: ArchiveLink, @Res({ passthrough: true }) reply: FastifyReply): Promise<StreamableFile> {
    const { content, bytes, name } = await this.exports.open(link);
    void reply.headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'private, no-store' });
    return new StreamableFile(content, { type: 'application/x-tar', length: bytes, disposition: `attachment; filename="${name}"` });
  }
}
