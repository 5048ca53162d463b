import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { CoreConfig } from '../../config/core.config.js';
import type { EdgeAdapter } from '../edge-adapter.js';
export function serveDocs(_app: NestFastifyApplication, _adapter: EdgeAdapter, _core: CoreConfig): void {}
