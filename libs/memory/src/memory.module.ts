import { Global, Module } from '@nestjs/common';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { provideContract } from '#platform/core';
import { Memory, memoryContract } from './contract.js';
import { ConversationController } from './conversation/conversation.controller.js';
import { ConversationRow } from './conversation/conversation.entity.js';
import { ConversationService } from './conversation/conversation.service.js';
import { MessageRow } from './conversation/message.entity.js';
import { FactController } from './facts/fact.controller.js';
import { FactRow } from './facts/fact.entity.js';
import { FactService } from './facts/fact.service.js';
import { MemoryConfig } from './memory.config.js';
import { dataMap } from './memory.data.js';
import { MemoryService } from './memory.service.js';
import { conversations } from './migrations/0001-conversations.js';
import { facts } from './migrations/0002-facts.js';

@Global()
@Module({
  imports: [ContextModule.for('memory')],
  controllers: [ConversationController, FactController],
  providers: [ConversationService, FactService, ...provideContract(memoryContract, MemoryService)],
  exports: [Memory],
})
export class MemoryModule {}

export const context: ContextWiring = {
  name: 'memory',
  contract: memoryContract,
  module: MemoryModule,
  config: [MemoryConfig],
  entities: [ConversationRow, MessageRow, FactRow],
  migrations: [conversations, facts],
  dataMap,
};
