import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsObject, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import { Allow, IdParam, RateClass, TakesBody } from '#platform/http';
import { Audited, Unaudited } from '#platform/privacy';
import { type Page, PageQuery } from '#platform/database';
import { notFound, ResourceAccess } from '#platform/core';
import { DocumentService } from '../document/document.service.js';
import { type Faq, type FaqCounts, FaqService } from './faq.service.js';

/** At least one letter or digit; no NUL, which Postgres cannot hold. */
const WORDS = /^(?=[^]*[\p{L}\p{N}])[^\0]*$/u;

/** An answer, in bytes. */
const LONG_TEXT = { bytes: 131_072 };

export class NewFaq {
  /** The question as people ask it. */
  @IsString() @MaxLength(500) @Matches(WORDS)
  question: string;

  @IsString() @MaxLength(20_000) @Matches(WORDS)
  answer: string;
}

export class FaqChange {
  @IsOptional() @IsString() @MaxLength(500) @Matches(WORDS)
  question?: string;

  @IsOptional() @IsString() @MaxLength(20_000) @Matches(WORDS)
  answer?: string;
}

export class FaqImport {
  /** At most 1,000; known questions get the new answer. */
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(1_000) @IsObject({ each: true }) @ValidateNested({ each: true }) @Type(() => NewFaq)
  items: NewFaq[];
}

@ApiTags('knowledge')
@Controller('v1/knowledge/faqs')
export class FaqController {
  constructor(
    private readonly faqs: FaqService,
    private readonly documents: DocumentService,
  ) {}

  @Post()
  @HttpCode(201)
  @Allow('search.faqs.write')
  @TakesBody(LONG_TEXT)
  @Audited('search.faq.created')
  create(@Body() body: NewFaq): Promise<Faq> {
    return this.faqs.create(body);
  }

  @Post('import')
  @HttpCode(200)
  @Allow('search.faqs.write')
  @RateClass('uploads')
  @TakesBody({ bytes: Infinity, members: 3_010 })
  @Audited('search.faqs.imported', { detail: (counts: FaqCounts) => ({ ...counts }) })
  import(@Body() body: FaqImport): Promise<FaqCounts> {
    return this.faqs.import(body.items);
  }

  @Get()
  @Allow('search.faqs.read')
  list(@Query() page: PageQuery): Promise<Page<Faq>> {
    return this.faqs.list(page);
  }

  @Get(':id')
  @Allow('search.faqs.read')
  find(@Param('id', new IdParam('faq')) id: string): Promise<Faq> {
    return this.faqs.find(id);
  }

  @Patch(':id')
  @Allow('search.faqs.write')
  @TakesBody(LONG_TEXT)
  @Audited('search.faq.changed')
  change(@Param('id', new IdParam('faq')) id: string, @Body() body: FaqChange): Promise<Faq> {
    return this.faqs.change(id, body);
  }

  /** Who finds the FAQ, by asking too. */
  @Get(':id/access')
  @Allow('tenancy.grants.write')
  access(@Param('id', new IdParam('faq')) id: string): Promise<ResourceAccess> {
    return this.documents.access('faq', id);
  }

  /**
   * Opens the FAQ to everybody, or restricts it to some: to all others it is as unknown as one that does not exist, and no answer cites it.
   */
  @Put(':id/access')
  @Allow('tenancy.grants.write')
  @Unaudited('DocumentService.setAccess audits it')
  setAccess(@Param('id', new IdParam('faq')) id: string, @Body() body: ResourceAccess): Promise<ResourceAccess> {
    return this.documents.setAccess('faq', id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('search.faqs.write')
  @Unaudited('DocumentService.removeRow audits it')
  async remove(@Param('id', new IdParam('faq')) id: string): Promise<void> {
    if (!(await this.documents.remove(id, 'faq'))) throw notFound('faq');
  }
}
