import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { OrganisationModule } from '../organisation/organisation.module.js';
import { ArchiveKey } from './archive/archive-key.js';
import { ArchiveWriter } from './archive/archive-writer.service.js';
import { ArchiveJob } from './archive/archive.job.js';
import { DataOrderHandler } from './archive/data-order.handler.js';
import { DataOrderService } from './archive/data-order.service.js';
import { ArchiveController, ExportController } from './archive/export.controller.js';
import { ExportService } from './archive/export.service.js';
import { ImportCompletion, ImportService } from './archive/import.service.js';
import { WebhookDelivery } from './audit-webhook/delivery.service.js';
import { WebhookEndpoint } from './audit-webhook/endpoint.js';
import { WebhookController } from './audit-webhook/webhook.controller.js';
import { WebhookService } from './audit-webhook/webhook.service.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditHandler } from './audit/audit.handler.js';
import { AuditService } from './audit/audit.service.js';
import { CheckpointService } from './audit/checkpoint.service.js';
import { AuditVerifier } from './audit/verifier.service.js';
import { DeletionEmailJob } from './erasure/deletion-email.job.js';
import { DeletionController } from './erasure/deletion.controller.js';
import { DeletionService } from './erasure/deletion.service.js';
import { ErasureService } from './erasure/erasure.service.js';
import { LastSteps } from './erasure/last-steps.service.js';
import { ErasureLedger } from './erasure/ledger.service.js';
import { AdmissionController } from './operator/admission.controller.js';
import { AdmissionService } from './operator/admission.service.js';
import { OperatorFactorController } from './operator/operator-factor.controller.js';
import { OperatorFactor } from './operator/operator-factor.service.js';
import { OperatorSessions } from './operator/operator-session.service.js';
import { OperatorTotp } from './operator/operator-totp.service.js';
import { OperatorController } from './operator/operator.controller.js';
import { OperatorService } from './operator/operator.service.js';
import { MemberDataController, OwnDataController } from './person/person-data.controller.js';
import { PersonData } from './person/person-data.service.js';
import { Reapply } from './person/reapply.service.js';
import { RetentionJob } from './retention/retention.job.js';
import { TenantLife } from './tenant-life.js';

/** What has to be shown, kept or gone: the audit log, archives, erasures, retention, and what operators may look into. */
@Module({
  imports: [AccessModule, OrganisationModule, IdentityModule],
  controllers: [
    AuditController, WebhookController,
    ExportController, ArchiveController, DeletionController, OwnDataController, MemberDataController,
    OperatorController, OperatorFactorController, AdmissionController,
  ],
  providers: [
    AuditService, AuditHandler, CheckpointService, AuditVerifier, WebhookService, WebhookEndpoint, WebhookDelivery,
    ArchiveKey, ArchiveWriter, ArchiveJob, DataOrderService, DataOrderHandler, ExportService, ImportService, ImportCompletion,
    ErasureService, ErasureLedger, LastSteps, DeletionService, DeletionEmailJob, PersonData, Reapply, RetentionJob, TenantLife,
    OperatorService, OperatorSessions, OperatorTotp, OperatorFactor, AdmissionService,
  ],
  exports: [AuditVerifier, OperatorService, OperatorSessions],
})
export class ComplianceModule {}
