import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { Mailer } from './email/mailer.service.js';
import { InvitationEmailJob } from './invitation/invitation-email.job.js';
import { InvitationController } from './invitation/invitation.controller.js';
import { InvitationService } from './invitation/invitation.service.js';
import { AssignmentService } from './member/assignment.service.js';
import { MemberController } from './member/member.controller.js';
import { MemberService } from './member/member.service.js';
import { RoleController } from './role/role.controller.js';
import { RoleService } from './role/role.service.js';
import { SettingsController } from './settings/settings.controller.js';
import { SettingsService } from './settings/settings.service.js';
import { TeamController } from './team/team.controller.js';
import { TeamService } from './team/team.service.js';
import { LifeCycleService } from './tenant/life-cycle.service.js';
import { TenantController } from './tenant/tenant.controller.js';
import { TenantService } from './tenant/tenant.service.js';
import { VisitorService } from './widget/visitor.service.js';
import { WidgetController } from './widget/widget.controller.js';
import { WidgetService } from './widget/widget.service.js';

/** The tenant, its people and what they are given: roles, teams, invitations, widgets, e-mails. Knows nobody's password. */
@Module({
  imports: [AccessModule],
  controllers: [
    TenantController, SettingsController,
    MemberController, RoleController, TeamController, InvitationController, WidgetController,
  ],
  providers: [
    TenantService, LifeCycleService, SettingsService,
    MemberService, AssignmentService, RoleService, TeamService,
    InvitationService, InvitationEmailJob, Mailer,
    WidgetService, VisitorService,
  ],
  exports: [TenantService, LifeCycleService, MemberService, SettingsService, VisitorService, AssignmentService, Mailer],
})
export class OrganisationModule {}
