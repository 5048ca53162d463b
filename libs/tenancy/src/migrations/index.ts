import { identities } from './0001-identities.js';
import { tenants } from './0002-tenants.js';
import { letters } from './0003-letters.js';
import { revocations } from './0004-revocations.js';
import { sessionMethods } from './0005-session-methods.js';
import { secondFactor } from './0006-second-factor.js';
import { audit } from './0010-audit.js';
import { lifeCycle } from './0011-life-cycle.js';
import { roles } from './0020-roles.js';
import { serviceAccounts } from './0021-service-accounts.js';
import { widgets } from './0022-widgets.js';
import { teams } from './0023-teams.js';
import { operators } from './0024-operators.js';
import { oidc } from './0030-oidc.js';
import { scim } from './0031-scim.js';
import { profile } from './0032-profile.js';
import { dataOrders } from './0040-data-orders.js';
import { erasures } from './0041-erasures.js';
import { personErasures } from './0042-person-erasures.js';
import { auditWebhooks } from './0043-audit-webhooks.js';
import { operatorFactor } from './0050-operator-factor.js';
import { directoryTeams } from './0051-directory-teams.js';
import { sessionClients } from './0060-session-clients.js';
import { scimEmails } from './0061-scim-emails.js';

/** In the order in which they run. */
export const migrations = [
  identities, tenants, letters, revocations, sessionMethods, secondFactor, audit, lifeCycle, roles, serviceAccounts, widgets, teams,
  operators, oidc, scim, profile, dataOrders, erasures, personErasures, auditWebhooks, operatorFactor, directoryTeams, sessionClients,
  scimEmails,
];
