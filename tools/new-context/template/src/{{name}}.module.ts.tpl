import { Global, Module } from '@nestjs/common';
import { provideContract } from '#platform/core';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { {{Name}}, {{name}}Contract } from './contract.js';
import { EntryController } from './entry/entry.controller.js';
import { EntryRow } from './entry/entry.entity.js';
import { EntryService } from './entry/entry.service.js';
import { entries } from './migrations/0001-entries.js';
import { {{Name}}Config } from './{{name}}.config.js';
import { dataMap } from './{{name}}.data.js';
import { {{Name}}Service } from './{{name}}.service.js';

@Global()
@Module({
  imports: [ContextModule.for('{{name}}')],
  controllers: [EntryController],
  providers: [EntryService, ...provideContract({{name}}Contract, {{Name}}Service)],
  exports: [{{Name}}],
})
export class {{Name}}Module {}

export const context: ContextWiring = {
  name: '{{name}}',
  contract: {{name}}Contract,
  module: {{Name}}Module,
  config: [{{Name}}Config],
  entities: [EntryRow],
  migrations: [entries],
  dataMap,
};
