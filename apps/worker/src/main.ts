import '#pinned-node';
import { compileOnce } from '../../compile-cache.js';

compileOnce();
await import('./worker.js');
