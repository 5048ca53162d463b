import { Injectable } from '@nestjs/common';
import { CoreConfig } from '#platform/core';
import { Jobs } from '#platform/messaging';
import { Mail } from '#platform/adapters';
import { asTenant } from '../../access/as-tenant.js';
import { TenancyConfig } from '../../tenancy.config.js';
import type { TicketPurpose, TicketRow } from './ticket.entity.js';
import { type TicketContent, TicketService } from './ticket.service.js';
import { LOBBY, sendLetter } from '../../organisation/email/letter.jobs.js';

/** Where letters to persons are ordered, and their links come back. */
@Injectable()
export class LetterDesk {
  constructor(
    private readonly tickets: TicketService,
    private readonly jobs: Jobs,
    private readonly mail: Mail,
    private readonly core: CoreConfig,
    private readonly config: TenancyConfig,
  ) {}

  /** Whether an address has to be proven before a person is made of it. */
  get verifies(): boolean {
    const { emailVerification } = this.config;
    return emailVerification === 'required' || (emailVerification === 'auto' && (this.mail.delivers || this.core.production));
  }

  /** Throws where no letter could be sent or written down. */
  assertReady(): void {
    this.mail.assertReady();
  }

  /** Orders a letter: two statements, whether the address is known or not. The rest is the job's. */
  async order(purpose: TicketPurpose, email: string, content?: TicketContent): Promise<void> {
    const ticketId = await this.tickets.issue(purpose, email, content);
    if (ticketId) await asTenant(LOBBY, () => this.jobs.add(sendLetter, { ticketId }));
  }

  look(purposes: TicketPurpose[], token: string): Promise<TicketRow> {
    return this.tickets.look(purposes, token);
  }

  /** Ends whatever waits in a mailbox that is no longer its person's. */
  endAll(email: string): Promise<void> {
    return this.tickets.endAll(email);
  }

  use(ticket: TicketRow): Promise<void> {
    return this.tickets.use(ticket);
  }
}
