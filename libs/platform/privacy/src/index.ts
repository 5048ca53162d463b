export { AuditBinding } from './audit/audit-binding.js';
export { Audit, audited } from './audit/audit.js';
export { Audited, Unaudited } from './audit/audited.decorator.js';
export { clonedId } from './data/clone-ids.js';
export { contextTables } from './data/context-tables.js';
export { eraseContext } from './data/privacy-worker.js';
export { type BlobMap, type DataMap, platformDataMap, type RetentionRule } from './data/data-map.js';
export { DATA_OWNERS, type DataOwner } from './data/data-owner.js';
export { PlatformEraser } from './data/platform-eraser.js';
export { dataMapFaults } from './data/map-faults.js';
export { type ArchiveFile, type ArchivePart, clearOrder, fileKey, orderKey } from './data/order-blobs.js';
export {
  type PrivacyRequest, dataOrderDone, type PrivacyRequestPart, PrivacyRequests, tenantArrived, tenantErased,
} from './data/privacy-requests.js';
export { privacyProviders } from './privacy.providers.js';
