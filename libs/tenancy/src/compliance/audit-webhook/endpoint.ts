import { Injectable } from '@nestjs/common';
import { AppError } from '#platform/core';
import { Egress } from '#platform/adapters';
import { TenancyConfig } from '../../tenancy.config.js';

/** Why an endpoint did not take a batch. `gone`: it said that it never will again. */
export class Refusal {
  constructor(
    readonly reason: string,
    readonly gone = false,
  ) {}
}

/** Addresses that tenants name: https on the public internet, or an origin that the operator allows. Redirects are not followed. */
@Injectable()
export class WebhookEndpoint {
  /** An endpoint takes a batch down and answers; what it does with it is its own time. */
  private readonly answerMs = 10_000;

  constructor(
    private readonly egress: Egress,
    private readonly config: TenancyConfig,
  ) {}

  assertNameable(text: string): void {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || url.hash !== '') throw badAddress('must be an https address');
    if (this.isPrivate(url)) return;
    if (url.protocol !== 'https:') throw badAddress('must be an https address, or at an origin of ATOLL_WEBHOOK_PRIVATE_ORIGINS');
    this.egress.assertOpen(url);
  }

  /** Undefined where it was taken; throws only where `signal` ended it. */
  async send(address: string, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Refusal | undefined> {
    const url = new URL(address);
    const late = AbortSignal.timeout(this.answerMs);
    try {
      const response = await this.egress.fetch(
        url,
        { method: 'POST', headers: { 'content-type': 'application/json', 'user-agent': 'Atoll', ...headers }, body,
          signal: AbortSignal.any([signal, late]) },
        { purpose: 'tenancy.audit-webhook', trust: this.isPrivate(url) ? 'operator' : 'user', timeoutMs: this.answerMs,
          bodyTimeoutMs: this.answerMs, maxBytes: Number.MAX_SAFE_INTEGER, maxRedirects: 0 },
      );
      await response.body?.cancel();
      return refusalOf(response.status, url);
    } catch (error) {
      if (signal.aborted) throw error;
      if (late.aborted) return new Refusal(`${url.hostname} did not answer within ${this.answerMs / 1_000} seconds.`);
      return new Refusal(error instanceof AppError ? error.message : `${url.hostname} could not be reached.`);
    }
  }

  private isPrivate({ origin }: URL): boolean {
    return this.config.webhookPrivateOrigins.includes(origin);
  }
}

function refusalOf(status: number, { hostname }: URL): Refusal | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 410) return new Refusal(`${hostname} answered 410: it takes nothing any more.`, true);
  if (status >= 300 && status < 400)
    return new Refusal(`${hostname} answered ${status}, a redirect, and Atoll follows none: give the address it leads to.`);
  return new Refusal(`${hostname} answered ${status}.`);
}

function badAddress(detail: string): AppError {
  return new AppError('invalid', 'tenancy.webhook-address', `The webhook was not set up: its address ${detail}.`,
    { errors: [{ pointer: '/url', detail }] });
}
