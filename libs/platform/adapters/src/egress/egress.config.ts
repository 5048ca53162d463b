import { Matches } from 'class-validator';
import { Env } from '#platform/core';

/** Where the house goes for a tenant. */
export class EgressConfig {
  @Env('ATOLL_EGRESS_PORTS', { description: 'Ports of public hosts that Atoll calls for a tenant (issuers, webhooks, pages), ' +
    'comma-separated. What the operator configures may be anywhere.' })
  @Matches(/^([1-9]\d{0,4})$/, { each: true, message: 'ports must be a list of port numbers (443,80)' })
  ports: string[] = ['443', '80'];
}
