import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '#platform/http';
import { AgentProfileService } from '../agents/agent-profile.service.js';
import type { AgentProfile } from '../contract.js';
import { agentNamed } from './completions.controller.js';
import { OpenAiProblems } from './openai-error.js';

/** The agents, as the models of an OpenAI client. */
@ApiTags('openai')
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly agents: AgentProfileService) {}

  @Get()
  @Allow('agent.agents.read')
  @OpenAiProblems()
  async list(): Promise<object> {
    return { object: 'list', data: (await this.agents.list()).map(asModel) };
  }

  @Get(':model')
  @Allow('agent.agents.read')
  @OpenAiProblems()
  async find(@Param('model') model: string): Promise<object> {
    return asModel(await agentNamed(this.agents, model));
  }
}

function asModel({ handle, name, createdAt, isDefault }: AgentProfile): object {
  return { id: handle, object: 'model', created: Math.floor(Date.parse(createdAt) / 1000), owned_by: 'atoll', name, default: isDefault };
}
