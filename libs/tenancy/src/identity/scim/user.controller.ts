import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, IdParam, ProblemsAs } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { type ListQuery, shown } from './listing.js';
import { type Resource, patched } from './patch.js';
import { answer } from './reply.js';
import { SCIM_JSON, scimProblem } from './scim-error.js';
import { USER_SHAPE } from './user-resource.js';
import { ScimUserService } from './user.service.js';

@ApiTags('SCIM')
@Controller('scim/v2/Users')
export class ScimUserController {
  constructor(private readonly users: ScimUserService) {}

  /** Members of the tenant, by a filter (RFC 7644 §3.4.2). */
  @Get()
  @Allow('tenancy.scim.write')
  @ProblemsAs(scimProblem, SCIM_JSON)
  async list(@Query() query: Record<string, unknown>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Resource> {
    return answer(reply, await this.users.list(query));
  }

  @Get(':id')
  @Allow('tenancy.scim.write')
  @ProblemsAs(scimProblem, SCIM_JSON)
  async get(@Param('id', new IdParam('user')) id: string, @Query() query: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply, @Headers('if-none-match') known?: string): Promise<Resource | undefined> {
    return answer(reply, shown(await this.users.get(id), query as ListQuery), known);
  }

  /** Makes a member, with an address in a domain that is proven to be the tenant's. */
  @Post()
  @Allow('tenancy.scim.write')
  @Unaudited('ScimUserService.insert audits it')
  @ProblemsAs(scimProblem, SCIM_JSON)
  async create(@Body() body: Record<string, unknown>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Resource> {
    return answer(reply, await this.users.create(body));
  }

  @Put(':id')
  @Allow('tenancy.scim.write')
  @Unaudited('ScimUserService.update audits it')
  @ProblemsAs(scimProblem, SCIM_JSON)
  async replace(@Param('id', new IdParam('user')) id: string, @Body() body: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply, @Headers('if-match') ifMatch?: string): Promise<Resource> {
    return answer(reply, await this.users.change(id, () => body, ifMatch));
  }

  /** With `active` false they are signed out within 5 seconds. */
  @Patch(':id')
  @Allow('tenancy.scim.write')
  @Unaudited('ScimUserService.update audits it')
  @ProblemsAs(scimProblem, SCIM_JSON)
  async change(@Param('id', new IdParam('user')) id: string, @Body() body: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply, @Headers('if-match') ifMatch?: string): Promise<Resource> {
    return answer(reply, await this.users.change(id, (present) => patched(present, body, USER_SHAPE), ifMatch));
  }

  /** Takes a member's access away; what they made stays. Never the last owner's. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('tenancy.scim.write')
  @Unaudited('ScimUserService.takeOut audits it')
  @ProblemsAs(scimProblem, SCIM_JSON)
  remove(@Param('id', new IdParam('user')) id: string, @Headers('if-match') ifMatch?: string): Promise<void> {
    return this.users.remove(id, ifMatch);
  }
}
