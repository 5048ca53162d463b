import { Body, Controller, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsInt, IsObject, IsOptional, Max, Min } from 'class-validator';
import { Allow } from '#platform/http';
import { Audited } from '#platform/privacy';
import { type Page, PageQuery } from '#platform/database';
import { SettingsService, type SettingsVersion } from './settings.service.js';

export class SettingsBody {
  /** Sections and the fields in them that change; null puts a field back to its default. */
  @IsObject()
  settings: Record<string, Record<string, unknown>>;

  /** The version this change was made for: if it is not the newest any more, nothing is saved (409). */
  @IsOptional() @IsInt() @Min(0) @Max(1_000_000_000)
  version?: number;
}

export class RestoreBody {
  /** Of the history; 0: as it was before anything was set. */
  @IsInt() @Min(0) @Max(1_000_000_000)
  version: number;
}

@ApiTags('tenant')
@Controller('v1/tenant/settings')
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  /** All settings, with the default where nothing was set. */
  @Get()
  @Allow('tenancy.tenant.read')
  get(): Promise<SettingsVersion> {
    return this.settings.current();
  }

  /** Changes some settings, and keeps what they were as a version. */
  @Patch()
  @Allow('tenancy.tenant.write')
  @Audited('tenancy.settings.changed',
    { target: () => null, detail: ({ version }: SettingsVersion, [{ settings }]: [SettingsBody]) => ({ version, settings }) })
  change(@Body() { settings, version }: SettingsBody): Promise<SettingsVersion> {
    return this.settings.change(settings, version);
  }

  /** Every version there was, newest first. */
  @Get('history')
  @Allow('tenancy.tenant.read')
  history(@Query() page: PageQuery): Promise<Page<SettingsVersion>> {
    return this.settings.history(page);
  }

  /** Makes an old version the newest again. */
  @Post('rollback')
  @HttpCode(200)
  @Allow('tenancy.tenant.write')
  @Audited('tenancy.settings.rolled-back',
    { target: () => null, detail: ({ version, restoredFrom }: SettingsVersion) => ({ version, restoredFrom }) })
  restore(@Body() { version }: RestoreBody): Promise<SettingsVersion> {
    return this.settings.restore(version);
  }
}
