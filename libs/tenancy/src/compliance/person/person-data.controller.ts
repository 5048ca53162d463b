import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { type Export, ExportService } from '../archive/export.service.js';
import { currentSession } from '../../identity/session/current-session.js';
import { PersonData } from './person-data.service.js';

export class OwnErasureBody {
  /** Your own e-mail address, to be sure. */
  @IsString() @MaxLength(320)
  email: string;

  /** Not only here, but in every tenant you are in. */
  @IsOptional() @IsBoolean()
  everywhere?: boolean;
}

@ApiTags('me')
@Controller('v1/me')
export class OwnDataController {
  constructor(
    private readonly persons: PersonData,
    private readonly exports: ExportService,
  ) {}

  /** Orders an archive of everything that is your own in this tenant, in every context. */
  @Post('data-exports')
  @HttpCode(202)
  @Allow()
  @Unaudited('PersonData.export audits it')
  async export(): Promise<{ id: string }> {
    const { id } = await this.persons.export(currentSession().userId);
    return { id };
  }

  @Get('data-exports/:id')
  @Allow()
  get(@Param('id', new IdParam('export')) id: string): Promise<Export> {
    return this.persons.exportOf(id, currentSession().userId);
  }

  /** A link to the finished archive that opens without a credential, for 15 minutes. */
  @Post('data-exports/:id/link')
  @HttpCode(200)
  @Allow()
  @Unaudited('ExportService.link audits it')
  async link(@Param('id', new IdParam('export')) id: string): Promise<{ id: string; path: string; expiresAt: string }> {
    await this.persons.exportOf(id, currentSession().userId);
    return this.exports.link(id);
  }

  /**
   * Erases you: everything that is your own, here or in every tenant you are in, and your account if it opens nothing any more. There is no
   * way back.
   */
  @Post('erasure')
  @HttpCode(202)
  @Allow()
  @Unaudited('PersonData.erase audits it')
  async erase(@Body() { email, everywhere = false }: OwnErasureBody): Promise<void> {
    await this.persons.eraseSelf(currentSession().userId, { email, everywhere });
  }
}

@ApiTags('members')
@Controller('v1')
export class MemberDataController {
  constructor(
    private readonly persons: PersonData,
    private readonly exports: ExportService,
  ) {}

  /** Orders an archive of everything that is a member's own, to be handed to them. */
  @Post('members/:id/data-exports')
  @HttpCode(202)
  @Allow('tenancy.members.write')
  @Unaudited('PersonData.export audits it')
  async export(@Param('id', new IdParam('member')) member: string): Promise<{ id: string }> {
    const { id } = await this.persons.export(member);
    return { id };
  }

  @Get('person-exports/:id')
  @Allow('tenancy.members.write')
  get(@Param('id', new IdParam('export')) id: string): Promise<Export> {
    return this.persons.exportOf(id);
  }

  /** A link to the finished archive that opens without a credential, for 15 minutes. */
  @Post('person-exports/:id/link')
  @HttpCode(200)
  @Allow('tenancy.members.write')
  @Unaudited('ExportService.link audits it')
  async link(@Param('id', new IdParam('export')) id: string): Promise<{ id: string; path: string; expiresAt: string }> {
    await this.persons.exportOf(id);
    return this.exports.link(id);
  }

  /**
   * Erases a member: everything that is their own, in every context. Ids in the tenant's rows stay, and lead to nobody. There is no way
   * back.
   */
  @Delete('members/:id/data')
  @HttpCode(202)
  @Allow('tenancy.members.write')
  @Unaudited('PersonData.erase audits it')
  async erase(@Param('id', new IdParam('member')) id: string): Promise<void> {
    await this.persons.eraseMember(id);
  }
}
