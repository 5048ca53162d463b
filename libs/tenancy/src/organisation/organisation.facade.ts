import { Injectable } from '@nestjs/common';
import { MemberService } from './member/member.service.js';
import { SettingsService } from './settings/settings.service.js';
import { LifeCycleService } from './tenant/life-cycle.service.js';
import { TenantService } from './tenant/tenant.service.js';
import { VisitorService } from './widget/visitor.service.js';

/** What the context's contract opens of this module. */
@Injectable()
export class OrganisationFacade {
  constructor(
    readonly tenants: TenantService,
    readonly lifeCycle: LifeCycleService,
    readonly members: MemberService,
    readonly settings: SettingsService,
    readonly visitors: VisitorService,
  ) {}
}
