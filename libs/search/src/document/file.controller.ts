import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow, IdParam, RateClass, uploads } from '#platform/http';
import { AppError, notFound, ResourceAccess } from '#platform/core';
import { Blobs } from '#platform/adapters';
import { type Page, PageQuery } from '#platform/database';
import { Unaudited } from '#platform/privacy';
import type { DocumentState } from '../contract.js';
import { blobKey } from './blob-key.js';
import { DocumentService } from './document.service.js';
import { FileService } from './file.service.js';
import { type KnowledgeFile, type UploadedFiles, attachment, shownFile } from './shown-file.js';
import { cleanName } from './sniff.js';

/** Long enough to begin a download. */
const LINK_SECONDS = 60;

export class FileQuery extends PageQuery {
  /** Only files in this state. */
  @IsOptional() @IsIn(['queued', 'parsing', 'indexing', 'ready', 'failed'])
  state?: DocumentState;
}

export class SpanQuery {
  /** First character, from 0. */
  @IsOptional() @Type(() => Number) @IsInt() @Min(0) @Max(2_147_483_647)
  start: number = 0;

  /** One past the last character; without it, to the end. */
  @IsOptional() @Type(() => Number) @IsInt() @Min(0) @Max(2_147_483_647)
  end?: number;
}

@ApiTags('knowledge')
@Controller('v1/knowledge/files')
export class FileController {
  constructor(
    private readonly files: FileService,
    private readonly documents: DocumentService,
    private readonly blobs: Blobs,
  ) {}

  /**
   * Takes up to ten files (Markdown, text, HTML, CSV, PDF, Word) and answers at once; `state` tells when one can be asked about. Other
   * bytes under the name of a file that is there are its next version.
   */
  @Post()
  @HttpCode(202)
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: { type: 'object', required: ['file'], properties: { file: { type: 'array', maxItems: 10,
    items: { type: 'string', format: 'binary' } } } } })
  @Allow('search.files.write')
  @RateClass('uploads')
  @Unaudited('FileService.record audits it')
  async upload(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<UploadedFiles> {
    const taken: KnowledgeFile[] = [];
    const refused: { name: string; error: AppError }[] = [];
    for await (const { filename, content } of uploads(request)) {
      try {
        taken.push(shownFile(await this.files.upload({ name: filename, content })));
      } catch (error) {
        // What is of another kind has been read to its end; after any other fault the rest of the form is not to be had.
        if (!(error instanceof AppError && error.code === 'unsupported')) throw error;
        refused.push({ name: cleanName(filename), error });
      }
    }
    const [first, ...others] = taken;
    if (!first) throw refused[0]?.error ?? new AppError('invalid', 'search.no-file',
      'The form held no file. Send it as a multipart/form-data part named "file", with a file name.');
    void reply.header('location', `/v1/knowledge/files/${first.id}`);
    return { ...first, others, refused: refused.map(({ name, error }) => ({ name, code: error.reason, message: error.message })) };
  }

  @Get()
  @Allow('search.files.read')
  list(@Query() query: FileQuery): Promise<Page<KnowledgeFile>> {
    return this.documents.list('file', query, query.state, shownFile);
  }

  @Get(':id')
  @Allow('search.files.read')
  async find(@Param('id', new IdParam('file')) id: string): Promise<KnowledgeFile> {
    return shownFile(await this.documents.get('file', id));
  }

  /**
   * The file as it was uploaded: always as a download, never shown by the browser in this site's name. 302 to the store itself, for a
   * minute, where the operator has set up one that browsers reach.
   */
  @Get(':id/content')
  @Allow('search.files.read')
  async content(
    @Param('id', new IdParam('file')) id: string, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const headers = attachment(await this.documents.get('file', id));
    void reply.headers({ 'x-content-type-options': 'nosniff', 'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'private, no-store' });
    const link = await this.blobs.link(blobKey(id), { seconds: LINK_SECONDS, ...headers });
    if (link === undefined) return new StreamableFile(await this.blobs.read(blobKey(id)), headers);
    void reply.status(302).header('location', link);
    return undefined;
  }

  /** The extracted text, or the span of it that a citation names. */
  @Get(':id/text')
  @Allow('search.files.read')
  async text(@Param('id', new IdParam('file')) id: string,
    @Query() { start, end }: SpanQuery): Promise<{ text: string; start: number; end: number; characters: number }> {
    await this.documents.get('file', id);
    const whole = await this.documents.text(id);
    const text = whole.slice(start, end ?? whole.length);
    return { text, start: Math.min(start, whole.length), end: Math.min(start, whole.length) + text.length, characters: whole.length };
  }

  /** Who finds the file, by asking too. */
  @Get(':id/access')
  @Allow('tenancy.grants.write')
  access(@Param('id', new IdParam('file')) id: string): Promise<ResourceAccess> {
    return this.documents.access('file', id);
  }

  /**
   * Opens the file to everybody, or restricts it to some: to all others it is as unknown as one that does not exist, and no answer cites
   * it.
   */
  @Put(':id/access')
  @Allow('tenancy.grants.write')
  @Unaudited('DocumentService.setAccess audits it')
  setAccess(@Param('id', new IdParam('file')) id: string, @Body() body: ResourceAccess): Promise<ResourceAccess> {
    return this.documents.setAccess('file', id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('search.files.write')
  @Unaudited('DocumentService.removeRow audits it')
  async remove(@Param('id', new IdParam('file')) id: string): Promise<void> {
    if (!(await this.documents.remove(id, 'file'))) throw notFound('file');
  }
}
