import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsNumber, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateIf } from 'class-validator';
import { Allow, IdParam } from '#platform/http';
import { Audited } from '#platform/privacy';
import type { Page } from '#platform/database';
import { ResourceAccess } from '#platform/core';
import type { AgentProfile } from '../contract.js';
import { AgentProfileService } from './agent-profile.service.js';

export class NewAgent {
  @IsString() @MaxLength(100) @Matches(/\S/, { message: 'name must not be empty' })
  name: string;

  /** How it speaks and what it is for, in words for the model. */
  @IsOptional() @IsString() @MaxLength(8_000)
  instructions: string = '';

  /** Null takes the deployment's model. */
  @ValidateIf((_, value) => value !== null) @IsOptional() @IsString() @MaxLength(100) @Matches(/^[\w.:\/-]+$/)
  model: string | null = null;

  /** Null takes the model's own default. */
  @ValidateIf((_, value) => value !== null) @IsOptional() @IsNumber() @Min(0) @Max(2)
  temperature: number | null = null;

  /** Whether it searches the documents and answers from them alone. */
  @IsOptional() @IsBoolean()
  knowledge: boolean = true;

  /** Whether it recalls and keeps what the person tells it. */
  @IsOptional() @IsBoolean()
  memory: boolean = true;
}

export class AgentChange {
  @IsOptional() @IsString() @MaxLength(100) @Matches(/\S/, { message: 'name must not be empty' })
  name?: string;

  @IsOptional() @IsString() @MaxLength(8_000)
  instructions?: string;

  @ValidateIf((_, value) => value !== null) @IsOptional() @IsString() @MaxLength(100) @Matches(/^[\w.:\/-]+$/)
  model?: string | null;

  @ValidateIf((_, value) => value !== null) @IsOptional() @IsNumber() @Min(0) @Max(2)
  temperature?: number | null;

  @IsOptional() @IsBoolean()
  knowledge?: boolean;

  @IsOptional() @IsBoolean()
  memory?: boolean;

  /** True makes it the agent that answers where none is named. There is always one, so false is not accepted. */
  @IsOptional() @IsIn([true])
  isDefault?: true;
}

@ApiTags('agents')
@Controller('v1/agents')
export class AgentsController {
  constructor(private readonly agents: AgentProfileService) {}

  /** The default agent first; it exists without any set-up. */
  @Get()
  @Allow('agent.agents.read')
  async list(): Promise<Page<AgentProfile>> {
    return { items: await this.agents.list(), nextCursor: null };
  }

  @Post()
  @Allow('agent.agents.write')
  @Audited('agent.agent.created')
  create(@Body() body: NewAgent): Promise<AgentProfile> {
    return this.agents.create(body);
  }

  @Get(':id')
  @Allow('agent.agents.read')
  find(@Param('id', new IdParam('agent')) id: string): Promise<AgentProfile> {
    return this.agents.find(id);
  }

  @Patch(':id')
  @Allow('agent.agents.write')
  @Audited('agent.agent.changed')
  async change(@Param('id', new IdParam('agent')) id: string, @Body() { isDefault, ...settings }: AgentChange): Promise<AgentProfile> {
    const changed = await this.agents.change(id, settings);
    return isDefault ? this.agents.makeDefault(id) : changed;
  }

  /** Who may use the agent. */
  @Get(':id/access')
  @Allow('tenancy.grants.write')
  access(@Param('id', new IdParam('agent')) id: string): Promise<ResourceAccess> {
    return this.agents.access(id);
  }

  /** Opens an agent to everybody, or restricts it to some: to all others it is as unknown as one that does not exist. */
  @Put(':id/access')
  @Allow('tenancy.grants.write')
  @Audited('agent.access.changed', { detail: ({ access, grantedTo }: ResourceAccess) => ({ access, granted: grantedTo.length }) })
  setAccess(@Param('id', new IdParam('agent')) id: string, @Body() body: ResourceAccess): Promise<ResourceAccess> {
    return this.agents.setAccess(id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('agent.agents.write')
  @Audited('agent.agent.removed')
  remove(@Param('id', new IdParam('agent')) id: string): Promise<void> {
    return this.agents.remove(id);
  }
}
