import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsInt, IsOptional, IsString, IsUUID, Length, Max, MaxLength,
  Min } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Allow, IdParam, Public, requestOrigin } from '#platform/http';
import { type Page, PageQuery } from '#platform/database';
import { Unaudited } from '#platform/privacy';
import { VisitorService, type VisitorToken } from './visitor.service.js';
import { KnownAgentGuard } from '../../agents.js';
import { type WidgetDay, WidgetService, type WidgetView } from './widget.service.js';

export class NewWidgetBody {
  @IsString() @Length(1, 120)
  name: string;

  /** The one agent its visitors talk with. */
  @IsUUID()
  agentId: string;

  /** Origins of the pages it stands on: `https://shop.example`. */
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(20) @IsString({ each: true }) @MaxLength(300, { each: true })
  origins: string[];

  /** Requests a minute of all its visitors together, and new tokens a minute. */
  @IsOptional() @IsInt() @Min(1) @Max(1_000_000)
  perMinute: number = 600;

  /** Requests a minute of one visitor. */
  @IsOptional() @IsInt() @Min(1) @Max(10_000)
  perVisitorMinute: number = 60;
}

export class WidgetChangeBody {
  @IsOptional() @IsString() @Length(1, 120)
  name?: string;

  @IsOptional() @IsUUID()
  agentId?: string;

  @IsOptional() @IsArray() @ArrayMinSize(1) @ArrayMaxSize(20) @IsString({ each: true }) @MaxLength(300, { each: true })
  origins?: string[];

  @IsOptional() @IsInt() @Min(1) @Max(1_000_000)
  perMinute?: number;

  @IsOptional() @IsInt() @Min(1) @Max(10_000)
  perVisitorMinute?: number;

  /** A disabled widget opens nothing until it is active again. */
  @IsOptional() @IsIn(['active', 'disabled'])
  status?: 'active' | 'disabled';
}

export class VisitorBody {
  /** The widget's key, from the page's source. */
  @IsString() @Length(1, 200)
  key: string;

  /** The token of the visit before, if the page has one: then it is the same visitor, for 30 days. */
  @IsOptional() @IsString() @MaxLength(1_024)
  visitorToken?: string;
}

@ApiTags('widgets')
@Controller('v1')
export class WidgetController {
  constructor(
    private readonly widgets: WidgetService,
    private readonly visitors: VisitorService,
  ) {}

  @Post('widgets')
  @Allow('tenancy.widgets.write')
  @UseGuards(KnownAgentGuard)
  @Unaudited('WidgetService.create audits it')
  create(@Body() body: NewWidgetBody): Promise<WidgetView> {
    return this.widgets.create(body);
  }

  /** Newest first. */
  @Get('widgets')
  @Allow('tenancy.widgets.read')
  list(@Query() page: PageQuery): Promise<Page<WidgetView>> {
    return this.widgets.list(page);
  }

  @Get('widgets/:id')
  @Allow('tenancy.widgets.read')
  get(@Param('id', new IdParam('widget')) id: string): Promise<WidgetView> {
    return this.widgets.get(id);
  }

  /** Visitors and tokens of the last month, by day. */
  @Get('widgets/:id/usage')
  @Allow('tenancy.widgets.read')
  usage(@Param('id', new IdParam('widget')) id: string): Promise<{ items: WidgetDay[] }> {
    return this.widgets.usage(id);
  }

  @Patch('widgets/:id')
  @Allow('tenancy.widgets.write')
  @UseGuards(KnownAgentGuard)
  @Unaudited('WidgetService.change audits it')
  change(@Param('id', new IdParam('widget')) id: string, @Body() body: WidgetChangeBody): Promise<WidgetView> {
    return this.widgets.change(id, body);
  }

  /** Makes another key: the former one, and the visits it began, open nothing any more within 5 seconds. */
  @Post('widgets/:id/rekey')
  @HttpCode(200)
  @Allow('tenancy.widgets.write')
  @Unaudited('WidgetService.rekey audits it')
  rekey(@Param('id', new IdParam('widget')) id: string): Promise<WidgetView> {
    return this.widgets.rekey(id);
  }

  @Delete('widgets/:id')
  @HttpCode(204)
  @Allow('tenancy.widgets.write')
  @Unaudited('WidgetService.remove audits it')
  remove(@Param('id', new IdParam('widget')) id: string): Promise<void> {
    return this.widgets.remove(id);
  }

  /** For the script on the page: a token for one visitor, to chat with the widget's agent from this page alone, for 15 minutes. */
  @Post('visitor-tokens')
  @HttpCode(200)
  @Public()
  @Unaudited('a visitor changes nothing; the widget counts them by day')
  welcome(@Body() { key, visitorToken }: VisitorBody, @Req() { headers }: FastifyRequest): Promise<VisitorToken> {
    return this.visitors.welcome(key, requestOrigin(headers), visitorToken);
  }
}
