import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { newId, Secrets } from '#platform/core';
import { fromBase62, toBase62 } from '../../access/base62.js';
import { linkRefused } from '../../access/refused.js';
import { type PendingRegistration, type TicketPurpose, TicketRow } from './ticket.entity.js';

export const TICKET_MINUTES = 60;
/** Letters to one address in an hour. Asking for more is answered alike and sends nothing: nobody's mailbox is filled through us. */
const MOST_AN_HOUR = 5;
const KEEP_DAYS = 1;
const PREFIX = 'att_';
const ID_BYTES = 16;
const TEXT = /^att_([A-Za-z0-9]{22})_([A-Za-z0-9_-]{43})$/;

/** What a ticket waits with. */
export interface TicketContent {
  registration?: PendingRegistration | null;
  identityId?: string | null;
}

/** Single-use links of letters to persons, known or not. */
@Injectable()
export class TicketService {
  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
  ) {}

  /** The same statement for every address. Undefined where it has had its letters for this hour; what tells of a change is always sent. */
  async issue(purpose: TicketPurpose, email: string, { registration = null, identityId = null }: TicketContent = {}): Promise<string | undefined> {
    const id = newId();
    const [row] = await this.db.system('a letter to a person', () =>
      this.db.query<{ id: string }>(
        `insert into tenancy.ticket (id, purpose, email, seed, registration, expires_at, identity_id)
         select $1, $2, $3, $4, $5::jsonb, now() + make_interval(mins => $6), $8
         where $2 = 'moved' or (select count(*) from tenancy.ticket where email = $3 and created_at > now() - interval '1 hour') < $7
         returning id`,
        [id, purpose, email, randomBytes(16).toString('base64url'), registration && JSON.stringify(registration), TICKET_MINUTES, MOST_AN_HOUR, identityId],
      ),
    );
    return row?.id;
  }

  /** The row of a ticket that can still be used, for the letter. */
  async open(id: string): Promise<TicketRow | undefined> {
    const [row] = await this.rows('the ticket of a letter', `select ${COLUMNS} from tenancy.ticket where id = $1 and ${OPEN}`, [id]);
    return row;
  }

  textOf(row: TicketRow): string {
    const secret = this.secrets.sign(purposeKey(row.purpose), material(row));
    return `${PREFIX}${toBase62(Buffer.from(row.id.replaceAll('-', ''), 'hex'))}_${secret}`;
  }

  /** The ticket of a text, still unused. Throws one refusal for whatever is wrong with it: mistyped, used, ended, or made for something else. */
  async look(purposes: TicketPurpose[], text: string): Promise<TicketRow> {
    const [, name, secret] = TEXT.exec(text) ?? [];
    const id = name === undefined ? undefined : fromBase62(name, ID_BYTES);
    const row = id && (await this.open(id.toString('hex')));
    if (!row || !purposes.includes(row.purpose) || !this.secrets.verify(purposeKey(row.purpose), material(row), secret!)) throw linkRefused();
    return row;
  }

  /** Uses a ticket up. Of any number of parallel uses one succeeds; a used reset ends the other resets of that address as well. */
  async use({ id, email, purpose }: TicketRow): Promise<void> {
    const used = await this.rows('a letter was answered', `update tenancy.ticket set used_at = now() where id = $1 and ${OPEN} returning ${COLUMNS}`, [id]);
    if (used.length === 0) throw linkRefused();
    await this.db.system('letters that are answered with another one', () =>
      this.db.query('update tenancy.ticket set used_at = now() where email = $1 and purpose = $2 and used_at is null', [email, purpose]),
    );
  }

  async endAll(email: string): Promise<void> {
    await this.db.system('letters to an address that was left', () => this.db.query('update tenancy.ticket set used_at = now() where email = $1 and used_at is null', [email]));
  }

  /** Drops what can no longer be used. */
  async forget(): Promise<void> {
    await this.db.system('forget old tickets', () => this.db.query('delete from tenancy.ticket where expires_at < now() - make_interval(days => $1)', [KEEP_DAYS]));
  }

  private rows(reason: string, sql: string, params: unknown[]): Promise<TicketRow[]> {
    return this.db.system(reason, () => this.db.query<TicketRow>(sql, params));
  }
}

const OPEN = 'used_at is null and expires_at > now()';
const COLUMNS = 'id, purpose, email, seed, registration, identity_id as "identityId", created_at as "createdAt", expires_at as "expiresAt", used_at as "usedAt"';

function purposeKey(purpose: TicketPurpose): string {
  return `tenancy.ticket-${purpose}`;
}

function material({ id, seed, email, identityId }: TicketRow): string {
  return `${id}.${seed}.${email}${identityId === null ? '' : `.${identityId}`}`;
}
