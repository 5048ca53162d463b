import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { type Page, PageQuery } from '#platform/database';
import { Unaudited } from '#platform/privacy';
import type { Member } from '../../contract.js';
import { TeamService, type TeamView } from './team.service.js';

export class TeamBody {
  @IsString() @Length(1, 120)
  name: string;
}

@ApiTags('teams')
@Controller('v1/teams')
export class TeamController {
  constructor(private readonly teams: TeamService) {}

  @Post()
  @Allow('tenancy.teams.write')
  @Unaudited('TeamService.create audits it')
  create(@Body() { name }: TeamBody): Promise<TeamView> {
    return this.teams.create(name);
  }

  /** Newest first. */
  @Get()
  @Allow('tenancy.teams.read')
  list(@Query() page: PageQuery): Promise<Page<TeamView>> {
    return this.teams.list(page);
  }

  @Get(':id')
  @Allow('tenancy.teams.read')
  get(@Param('id', new IdParam('team')) id: string): Promise<TeamView> {
    return this.teams.get(id);
  }

  /** One that follows a group of the directory has the name it has there (409); so with the changes below. */
  @Patch(':id')
  @Allow('tenancy.teams.write')
  @Unaudited('TeamService.rename audits it')
  rename(@Param('id', new IdParam('team')) id: string, @Body() { name }: TeamBody): Promise<TeamView> {
    return this.teams.rename(id, name);
  }

  /** What was granted to it is granted to nobody by it any more. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.teams.write')
  @Unaudited('TeamService.remove audits it')
  remove(@Param('id', new IdParam('team')) id: string): Promise<void> {
    return this.teams.remove(id);
  }

  @Get(':id/members')
  @Allow('tenancy.teams.read')
  members(@Param('id', new IdParam('team')) id: string, @Query() page: PageQuery): Promise<Page<Member>> {
    return this.teams.membersOf(id, page);
  }

  /** Puts a member into the team; one who is in it stays. */
  @Put(':id/members/:memberId')
  @HttpCode(204)
  @Allow('tenancy.teams.write')
  @Unaudited('TeamService.add audits it')
  add(@Param('id', new IdParam('team')) id: string, @Param('memberId', new IdParam('member')) memberId: string): Promise<void> {
    return this.teams.add(id, memberId);
  }

  /** Takes a member out of the team; one who is not in it stays out. */
  @Delete(':id/members/:memberId')
  @HttpCode(204)
  @Allow('tenancy.teams.write')
  @Unaudited('TeamService.take audits it')
  take(@Param('id', new IdParam('team')) id: string, @Param('memberId', new IdParam('member')) memberId: string): Promise<void> {
    return this.teams.take(id, memberId);
  }
}
