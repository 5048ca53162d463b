import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';
import { newId } from '#platform/core';
import { type Page, PageQuery } from '#platform/database';
import { Allow } from '#platform/http';
import { Audited } from '#platform/privacy';
import type { Entry } from '../contract.js';
import { EntryService } from './entry.service.js';

export class NewEntry {
  @IsString() @MinLength(1) @MaxLength(1_000)
  text: string;
}

@ApiTags('{{name}}')
@Controller('v1/{{name}}')
export class EntryController {
  constructor(private readonly entries: EntryService) {}

  /** The entries, newest first. */
  @Get()
  @Allow('{{name}}.entries.read')
  list(@Query() page: PageQuery): Promise<Page<Entry>> {
    return this.entries.list(page);
  }

  /** Adds an entry. */
  @Post()
  @Allow('{{name}}.entries.write')
  @Audited('{{name}}.entry.added')
  add(@Body() body: NewEntry): Promise<Entry> {
    return this.entries.add({ id: newId(), text: body.text });
  }
}
