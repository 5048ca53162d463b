import type { CoreConfig } from '#platform/core';

/**
 * Where this deployment is reached, without a slash at the end. Never from a request: a forged Host header would lead people and codes to
 * its author.
 */
export function publicBase({ publicUrl, host, port }: CoreConfig): string {
  return (publicUrl ?? `http://${host}:${port}`).replace(/\/+$/, '');
}
