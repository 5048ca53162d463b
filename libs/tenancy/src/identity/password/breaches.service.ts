import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Egress } from '#platform/adapters';
import { logger } from '#platform/core';
import { TenancyConfig } from '../../tenancy.config.js';
import { normalPassword, weak } from './policy.js';

const log = logger('tenancy');

const PREFIX = 5;
const ANSWER_MS = 2_000;
const MAX_BYTES = 1_048_576;

/**
 * Passwords that leaked somewhere, by a range service (k-anonymity): five characters of a SHA-1 leave the house, which hundreds of leaked
 * passwords share, and what comes back is compared here. Where it does not answer the password is taken: the built-in list was looked at
 * before.
 */
@Injectable()
export class BreachList {
  constructor(
    private readonly egress: Egress,
    private readonly config: TenancyConfig,
  ) {}

  async assertUnknown(password: string): Promise<void> {
    const url = this.config.breachedPasswordsUrl;
    if (!url) return;
    const digest = createHash('sha1').update(normalPassword(password)).digest('hex').toUpperCase();
    const range = await this.range(`${url.replace(/\/+$/, '')}/${digest.slice(0, PREFIX)}`);
    // Padding comes with a count of 0.
    const line = range.split('\n').find((one) => one.startsWith(`${digest.slice(PREFIX)}:`));
    if (line && Number(line.split(':')[1]) > 0) throw weak('has leaked elsewhere, where attackers have it from');
  }

  private async range(url: string): Promise<string> {
    try {
      const response = await this.egress.fetch(url, { headers: { 'add-padding': 'true' } },
        { purpose: 'tenancy.breaches', trust: 'operator', timeoutMs: ANSWER_MS, bodyTimeoutMs: ANSWER_MS, maxBytes: MAX_BYTES });
      if (response.ok) return await response.text();
      log.warn({ status: response.status }, 'the service of leaked passwords refused the question; a password was taken without it');
    } catch (error) {
      log.warn({ error }, 'the service of leaked passwords did not answer; a password was taken without it');
    }
    return '';
  }
}
