import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { logger, notFound } from '#platform/core';
import { type Page, PageQuery } from '#platform/database';
import { Allow } from '#platform/http';
import { type DeadLetter, DeadLetters } from '#platform/messaging';
import { Unaudited } from '#platform/privacy';

/** Without what the tenant's message says: an operator mends causes and has no need to read it. */
export type DeadLetterSummary = Omit<DeadLetter, 'data'>;

export class DeadLetterFilter extends PageQuery {
  /** `dead`: its handler gave up. `parked`: no running code knows its version. */
  @IsOptional() @IsIn(['dead', 'parked'])
  state?: 'dead' | 'parked';

  @IsOptional() @IsString() @MaxLength(100)
  handler?: string;

  @IsOptional() @IsUUID()
  tenantId?: string;
}

export class DeadLetterKeyBody {
  @IsUUID()
  tenantId: string;

  @IsUUID()
  messageId: string;

  @IsString() @MaxLength(100)
  handler: string;
}

export class HandlerBody {
  @IsString() @MaxLength(100)
  handler: string;
}

const log = logger('operator');

/** What handlers gave up on, in all tenants. */
@ApiTags('operators')
@Controller('v1/operator/dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLetters) {}

  /** Newest first. Says what was tried and why it failed, not what the message holds. */
  @Get()
  @Allow('operator.dead-letters.read')
  async list(@Query() filter: DeadLetterFilter): Promise<Page<DeadLetterSummary>> {
    const { items, nextCursor } = await this.letters.list(filter);
    return { items: items.map(({ data: _unread, ...letter }) => letter), nextCursor };
  }

  /** Hands one to its handler again, with all its tries. */
  @Post('replay')
  @HttpCode(204)
  @Allow('operator.dead-letters.write')
  @Unaudited('an operator is in no tenant; the log says who did it')
  async replay(@Body() key: DeadLetterKeyBody): Promise<void> {
    if (!(await this.letters.replay(key))) throw notFound('dead letter');
    log.info(key, 'a dead letter is handed to its handler again');
  }

  /** Hands all that one handler gave up on to it again, and says how many they are. */
  @Post('replay-all')
  @HttpCode(200)
  @Allow('operator.dead-letters.write')
  @Unaudited('an operator is in no tenant; the log says who did it')
  async replayAll(@Body() { handler }: HandlerBody): Promise<{ replayed: number }> {
    const replayed = await this.letters.replayAll(handler);
    log.info({ handler, replayed }, 'dead letters are handed to their handler again');
    return { replayed };
  }

  /** Forgets one for good. */
  @Post('discard')
  @HttpCode(204)
  @Allow('operator.dead-letters.write')
  @Unaudited('an operator is in no tenant; the log says who did it')
  async discard(@Body() key: DeadLetterKeyBody): Promise<void> {
    if (!(await this.letters.discard(key))) throw notFound('dead letter');
    log.info(key, 'a dead letter is discarded');
  }
}
