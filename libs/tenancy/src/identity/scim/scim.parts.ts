import type { Provider, Type } from '@nestjs/common';
import { DirectoryGroupController } from './directory-group.controller.js';
import { DirectoryGroups } from './directory-group.service.js';
import { ScimDiscoveryController } from './discovery.controller.js';
import { ScimGroupController } from './group.controller.js';
import { ScimGroupService } from './group.service.js';
import { GroupTeams } from './group-teams.service.js';
import { MemberState } from './member-state.service.js';
import { ScimUserController } from './user.controller.js';
import { ScimUserService } from './user.service.js';

export const scimControllers: Type[] = [ScimUserController, ScimGroupController, ScimDiscoveryController, DirectoryGroupController];

export const scimProviders: Provider[] = [MemberState, GroupTeams, ScimUserService, ScimGroupService, DirectoryGroups];
