import * as nodeModule from 'node:module';
import { join } from 'node:path';

/**
 * Keeps what V8 compiled beside the compiled code, for the next start; NODE_COMPILE_CACHE moves it. Does nothing where the folder cannot be
 * written, or Node is too old to keep anything. Only what is imported after the call is kept.
 */
export function compileOnce(): void {
  (nodeModule as Partial<typeof nodeModule>).enableCompileCache?.(join(import.meta.dirname, '..', '.compile-cache'));
}
