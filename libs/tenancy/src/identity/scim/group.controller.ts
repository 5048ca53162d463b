import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, IdParam, ProblemsAs, TakesBody } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { type ListQuery, shown } from './listing.js';
import { type Resource, patched } from './patch.js';
import { answer } from './reply.js';
import { SCIM_JSON, scimProblem } from './scim-error.js';
import { GROUP_SHAPE } from './group-resource.js';
import { ScimGroupService } from './group.service.js';

@ApiTags('SCIM')
@Controller('scim/v2/Groups')
export class ScimGroupController {
  constructor(private readonly groups: ScimGroupService) {}

  /** Groups of the tenant's directory, by a filter (RFC 7644 §3.4.2). */
  @Get()
  @Allow('tenancy.scim.write')
  @ProblemsAs(scimProblem, SCIM_JSON)
  async list(@Query() query: Record<string, unknown>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Resource> {
    return answer(reply, await this.groups.list(query));
  }

  @Get(':id')
  @Allow('tenancy.scim.write')
  @ProblemsAs(scimProblem, SCIM_JSON)
  async get(@Param('id', new IdParam('group')) id: string, @Query() query: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply, @Headers('if-none-match') known?: string): Promise<Resource | undefined> {
    return answer(reply, shown(await this.groups.get(id), query as ListQuery), known);
  }

  /** Makes a group. What it grants is set with PUT /v1/directory-groups/:id. */
  @Post()
  @TakesBody({ bytes: Infinity, members: 20_000 })
  @Allow('tenancy.scim.write')
  @Unaudited('ScimGroupService.create audits it')
  @ProblemsAs(scimProblem, SCIM_JSON)
  async create(@Body() body: Record<string, unknown>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Resource> {
    return answer(reply, await this.groups.create(body));
  }

  @Put(':id')
  @TakesBody({ bytes: Infinity, members: 20_000 })
  @Allow('tenancy.scim.write')
  @Unaudited('ScimGroupService.change audits it')
  @ProblemsAs(scimProblem, SCIM_JSON)
  async replace(@Param('id', new IdParam('group')) id: string, @Body() body: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply, @Headers('if-match') ifMatch?: string): Promise<Resource> {
    return answer(reply, await this.groups.change(id, () => body, ifMatch));
  }

  /** Members come and go with what the group grants. */
  @Patch(':id')
  @TakesBody({ bytes: Infinity, members: 20_000 })
  @Allow('tenancy.scim.write')
  @Unaudited('ScimGroupService.change audits it')
  @ProblemsAs(scimProblem, SCIM_JSON)
  async change(@Param('id', new IdParam('group')) id: string, @Body() body: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply, @Headers('if-match') ifMatch?: string): Promise<Resource> {
    return answer(reply, await this.groups.change(id, (present) => patched(present, body, GROUP_SHAPE), ifMatch));
  }

  /** Its members lose what it granted. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.scim.write')
  @Unaudited('ScimGroupService.remove audits it')
  @ProblemsAs(scimProblem, SCIM_JSON)
  remove(@Param('id', new IdParam('group')) id: string, @Headers('if-match') ifMatch?: string): Promise<void> {
    return this.groups.remove(id, ifMatch);
  }
}
