import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { Allow, current } from '#kernel';
import { ApiKeyService, type ApiKeyView } from '../api-key/api-key.service.js';
import type { Member, Tenant } from '../contract.js';
import { currentSession } from '../session/current-session.js';
import { MemberService, toMember } from '../tenant/member.service.js';
import { TenantService } from '../tenant/tenant.service.js';

export class ProfileBody {
  @IsString() @Length(1, 120)
  name: string;
}

/** Who the credential speaks for: a person (`user`) or a program (`key`). */
export interface Me {
  user: Member | null;
  key: ApiKeyView | null;
  tenant: Tenant;
  permissions: string[];
}

@ApiTags('me')
@Controller('v1/me')
export class MeController {
  constructor(
    private readonly tenants: TenantService,
    private readonly members: MemberService,
    private readonly keys: ApiKeyService,
  ) {}

  /** Who you are here, and what you may do. */
  @Get()
  @Allow()
  async me(): Promise<Me> {
    const { actor } = current();
    const user = actor.kind === 'user' ? toMember(await this.members.one(actor.id)) : null;
    const key = actor.kind === 'key' ? await this.keys.get(actor.id) : null;
    return { user, key, tenant: await this.tenants.current(), permissions: [...actor.permissions] };
  }

  /** Changes your name in this tenant. */
  @Patch()
  @Allow('tenancy.profile.write')
  rename(@Body() { name }: ProfileBody): Promise<Member> {
    return this.members.rename(currentSession().userId, name);
  }
}
