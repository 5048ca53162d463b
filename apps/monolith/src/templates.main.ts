import 'reflect-metadata';
import { compileOnce } from '../../compile-cache.js';

compileOnce();
await import('./templates.js');
