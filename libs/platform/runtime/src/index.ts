export type { ContextWiring } from './context-wiring.js';
export { ContextModule } from './context.module.js';
export { createLogin, migrateDatabase } from './database-commands.js';
export { createEdge, type EdgeOptions } from './edge.js';
export { makeMigratedTemplate } from './migrated-template.js';
export { platformMigrations } from './migrations.js';
export { databaseTargets, embeddedDir, embeddedTarget, openDatabases, serverTarget, serverTargets,
  withPlatform } from './open-databases.js';
export { PLATFORM_CONFIG, PlatformModule } from './platform.module.js';
