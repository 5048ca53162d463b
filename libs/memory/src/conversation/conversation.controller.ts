import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString, IsUUID, MaxLength, MinLength } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { Audited } from '#platform/privacy';
import { type Page, PageQuery } from '#platform/database';
import { newId } from '#platform/core';
import { KnownAgentGuard } from '#tenancy';
import type { Conversation, Message } from '../contract.js';
import { ConversationService } from './conversation.service.js';

export class NewConversation {
  /** Shown in lists; without it the first question becomes the title. */
  @IsOptional() @IsString() @MinLength(1) @MaxLength(200)
  title?: string;

  /** The agent that answers; without it the tenant's default agent. */
  @IsOptional() @IsUUID()
  agentId?: string;
}

export class ConversationTitle {
  @IsString() @MinLength(1) @MaxLength(200)
  title: string;
}

@ApiTags('conversations')
@Controller('v1/conversations')
export class ConversationController {
  constructor(private readonly conversations: ConversationService) {}

  @Post()
  @Allow('memory.conversations.write')
  @UseGuards(KnownAgentGuard)
  @Audited('memory.conversation.created')
  create(@Body() body: NewConversation): Promise<Conversation> {
    return this.conversations.open({ id: newId(), agentId: body.agentId ?? null, title: body.title ?? null });
  }

  @Get()
  @Allow('memory.conversations.read')
  list(@Query() page: PageQuery): Promise<Page<Conversation>> {
    return this.conversations.list(page);
  }

  @Get(':id')
  @Allow('memory.conversations.read')
  find(@Param('id', new IdParam('conversation')) id: string): Promise<Conversation> {
    return this.conversations.find(id);
  }

  @Patch(':id')
  @Allow('memory.conversations.write')
  @Audited('memory.conversation.renamed')
  rename(@Param('id', new IdParam('conversation')) id: string, @Body() body: ConversationTitle): Promise<Conversation> {
    return this.conversations.rename(id, body.title);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('memory.conversations.write')
  @Audited('memory.conversation.removed')
  remove(@Param('id', new IdParam('conversation')) id: string): Promise<void> {
    return this.conversations.remove(id);
  }

  @Get(':id/messages')
  @Allow('memory.conversations.read')
  messages(@Param('id', new IdParam('conversation')) id: string, @Query() page: PageQuery): Promise<Page<Message>> {
    return this.conversations.messages(id, page);
  }
}
