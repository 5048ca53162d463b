import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsInt, IsOptional, IsString, IsUUID, Matches, Max, MaxLength,
  Min } from 'class-validator';
import { Allow, TakesBody } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import type { DocumentKind, Passage } from '../contract.js';
import { Retrieval } from './retrieval.service.js';

export class SearchRequest {
  /** A question or some keywords, in any language. */
  @IsString() @MaxLength(4_000) @Matches(/\S/, { message: 'query must not be empty' })
  query: string;

  /** How many passages, 1 to 50. */
  @IsOptional() @IsInt() @Min(1) @Max(50)
  limit: number = 10;

  /** Only files, or only FAQs. */
  @IsOptional() @IsArray() @ArrayMinSize(1) @IsIn(['file', 'faq'], { each: true })
  kinds?: DocumentKind[];

  /** Only these documents. */
  @IsOptional() @IsArray() @ArrayMinSize(1) @ArrayMaxSize(1_000) @IsUUID(undefined, { each: true })
  documentIds?: string[];
}

@ApiTags('knowledge')
@Controller('v1/search')
export class SearchController {
  constructor(private readonly retrieval: Retrieval) {}

  /** Best passages first. Each is exactly the characters from `start` to `end` of its document's extracted text. */
  @Post()
  @HttpCode(200)
  @Allow('search.passages.read')
  @TakesBody({ bytes: 131_072, members: 1_100 })
  @Unaudited('reads, and keeps nothing')
  async search(@Body() { query, limit, kinds, documentIds }: SearchRequest): Promise<{ passages: Passage[] }> {
    return { passages: await this.retrieval.find({ text: query, limit, kinds, documentIds }) };
  }
}
