import { Resolver } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { AppError } from '#platform/core';
import { TenancyConfig } from '../../tenancy.config.js';

const ANSWER_MS = 3_000;
const TRIES = 2;
const NONE = new Set(['ENOTFOUND', 'ENODATA']);

/** What stands in the DNS. */
@Injectable()
export class TxtRecords {
  constructor(private readonly config: TenancyConfig) {}

  /** Every TXT record of a name, the parts of each joined; none where the name or the record is not there. */
  async of(name: string): Promise<string[]> {
    const resolver = new Resolver({ timeout: ANSWER_MS, tries: TRIES });
    if (this.config.dnsServers.length > 0) resolver.setServers(this.config.dnsServers);
    try {
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
    } catch (error) {
      if (NONE.has((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw new AppError('unavailable', 'tenancy.dns', 'The DNS did not answer, so nothing was decided. Try again in a minute.',
        { cause: error });
    }
  }
}
