import '#pinned-node';
import { compileOnce } from '../../compile-cache.js';

compileOnce();
await import('./question.js');
