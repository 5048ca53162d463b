import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, IsString, IsUrl, Length, Max, MaxLength, Min } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { WebhookEndpoint } from './endpoint.js';
import { type NewWebhookView, WebhookService, type WebhookView } from './webhook.service.js';

export class NewWebhookBody {
  @IsString() @Length(1, 60)
  name: string;

  /** https. It cannot be changed afterwards. */
  @IsUrl({ protocols: ['https', 'http'], require_protocol: true, require_tld: false }) @MaxLength(1_000)
  url: string;

  /**
   * Sequence of the entry after which it begins: 0 for the whole log, the `delivered` of another webhook to take over from it. Now unless
   * told.
   */
  @IsOptional() @IsInt() @Min(0) @Max(Number.MAX_SAFE_INTEGER)
  after?: number;
}

export class WebhookChangeBody {
  @IsOptional() @IsString() @Length(1, 60)
  name?: string;

  /** true also makes one that is failing try at once; it goes on where it stopped. */
  @IsOptional() @IsBoolean()
  enabled?: boolean;
}

/** Whoever may read the audit log may have it sent. */
@ApiTags('audit')
@Controller('v1/audit/webhooks')
export class WebhookController {
  constructor(
    private readonly webhooks: WebhookService,
    private readonly endpoint: WebhookEndpoint,
  ) {}

  @Get()
  @Allow('tenancy.audit.write')
  async list(): Promise<{ items: WebhookView[] }> {
    return { items: await this.webhooks.list() };
  }

  @Get(':id')
  @Allow('tenancy.audit.write')
  get(@Param('id', new IdParam('audit webhook')) id: string): Promise<WebhookView> {
    return this.webhooks.get(id);
  }

  /** Sends entries as they are written to this address, signed like Standard Webhooks. The secret is shown this once. */
  @Post()
  @Allow('tenancy.audit.write')
  @Unaudited('WebhookService.create audits it')
  create(@Body() body: NewWebhookBody): Promise<NewWebhookView> {
    this.endpoint.assertNameable(body.url);
    return this.webhooks.create(body);
  }

  @Patch(':id')
  @Allow('tenancy.audit.write')
  @Unaudited('WebhookService.change audits it')
  change(@Param('id', new IdParam('audit webhook')) id: string, @Body() body: WebhookChangeBody): Promise<WebhookView> {
    return this.webhooks.change(id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.audit.write')
  @Unaudited('WebhookService.remove audits it')
  remove(@Param('id', new IdParam('audit webhook')) id: string): Promise<void> {
    return this.webhooks.remove(id);
  }
}
