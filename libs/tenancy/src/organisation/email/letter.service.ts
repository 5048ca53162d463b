import { Injectable } from '@nestjs/common';
import { AppError, CoreConfig, current, logger, Secrets } from '#platform/core';
import { Db } from '#platform/database';
import { Job, type RunningJob } from '#platform/messaging';
import { Mail } from '#platform/adapters';
import { IdentityService } from '../../identity/identities/identity.service.js';
import { InvitationRow, invitationText } from '../invitation/invitation.entity.js';
import { MembershipRow } from '../member/membership.entity.js';
import { publicBase } from '../tenant/public-base.js';
import { TenantRow } from '../tenant/tenant.entity.js';
import type { TicketRow } from '../../identity/one-time-token/ticket.entity.js';
import { TICKET_MINUTES, TicketService } from '../../identity/one-time-token/ticket.service.js';
import { sendInvitation, sendLetter } from './letter.jobs.js';
import { type LetterText, alreadyKnownLetter, invitationLetter, registerLetter, movedLetter, resetLetter, takenLetter, verifyLetter } from './letters.js';

const log = logger('tenancy');

/** Writes and sends letters. A link's token stands in the fragment, which no server on the way sees. */
@Injectable()
export class LetterService {
  constructor(
    private readonly db: Db,
    private readonly mail: Mail,
    private readonly secrets: Secrets,
    private readonly tickets: TicketService,
    private readonly identities: IdentityService,
    private readonly core: CoreConfig,
  ) {}

  @Job(sendLetter)
  async send({ id, data }: RunningJob<{ ticketId: string }>): Promise<void> {
    const ticket = await this.tickets.open(data.ticketId);
    if (!ticket) return;
    const letter = this.letterOf(ticket, (await this.identities.find(ticket.email)) !== null);
    if (letter) await this.post(id, ticket.email, letter);
  }

  @Job(sendInvitation)
  async invite({ id, data }: RunningJob<{ invitationId: string }>): Promise<void> {
    const { tenantId } = current();
    const row = await this.db.repo(InvitationRow).findOneBy({ id: data.invitationId });
    const tenant = await this.db.repo(TenantRow).findOneBy({ tenantId });
    if (!row || !tenant || row.acceptedAt || row.revokedAt) return;
    const inviter = await this.db.repo(MembershipRow).findOneBy({ id: row.invitedBy });
    const token = invitationText(this.secrets, row);
    const facts = { tenant: tenant.name, inviter: inviter?.name ?? null, role: row.role, until: row.expiresAt };
    await this.post(id, row.email, invitationLetter(facts, this.link('invitation', token), token));
  }

  /** A reset for an address that nobody has sends nothing: the asker sees no difference. */
  private letterOf(ticket: TicketRow, known: boolean): LetterText | undefined {
    const token = this.tickets.textOf(ticket);
    switch (ticket.purpose) {
      case 'register':
        return known ? alreadyKnownLetter(this.link('sign-in')) : registerLetter(this.link('verify-email', token), token, TICKET_MINUTES);
      case 'verify':
        return verifyLetter(this.link('verify-email', token), token, TICKET_MINUTES);
      case 'email':
        return known ? takenLetter() : verifyLetter(this.link('change-email', token), token, TICKET_MINUTES);
      case 'moved':
        return movedLetter();
      case 'reset':
        return known ? resetLetter(this.link('reset-password', token), token, TICKET_MINUTES) : undefined;
    }
  }

  private async post(id: string, to: string, letter: LetterText): Promise<void> {
    try {
      await this.mail.send({ id, to, ...letter });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unprocessable') throw error;
      log.warn({ error, jobId: id }, 'a letter was refused for good and is not tried again');
    }
  }

  private link(page: string, token?: string): string {
    const base = publicBase(this.core);
    return `${base}/${page}${token === undefined ? '' : `#token=${token}`}`;
  }
}
