import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { Audited } from '#platform/privacy';
import { type Page, PageQuery } from '#platform/database';
import { newId } from '#platform/core';
import type { Fact } from '../contract.js';
import { FactService } from './fact.service.js';

export class NewFact {
  /** One thing to remember, as a sentence: `Our fiscal year starts in April.` */
  @IsString() @MinLength(3) @MaxLength(500)
  text: string;
}

@ApiTags('memories')
@Controller('v1/memories')
export class FactController {
  constructor(private readonly facts: FactService) {}

  @Get()
  @Allow('memory.facts.read')
  list(@Query() page: PageQuery): Promise<Page<Fact>> {
    return this.facts.list(page);
  }

  @Post()
  @Allow('memory.facts.write')
  @Audited('memory.fact.told')
  remember(@Body() body: NewFact): Promise<Fact> {
    return this.facts.remember({ id: newId(), text: body.text });
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('memory.facts.write')
  @Audited('memory.fact.forgotten')
  forget(@Param('id', new IdParam('memory')) id: string): Promise<void> {
    return this.facts.remove(id);
  }
}
