import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { CoreConfig, newId, Secrets } from '#platform/core';
import { defineJob, Jobs } from '#platform/messaging';
import { Mail } from '#platform/adapters';
import { asTenant } from '../../access/as-tenant.js';
import { EMAIL_TRIES } from '../../organisation/email/email-texts.js';
import { TenancyConfig } from '../../tenancy.config.js';
import type { CredentialPrefix } from '../../access/credential.js';
import { fromBase62, toBase62 } from '../../access/base62.js';
import { linkRefused } from '../../access/refused.js';
import type { OneTimeToken, OneTimeTokenPurpose, PendingRegistration } from './one-time-token.js';

export const ONE_TIME_TOKEN_MINUTES = 60;
/** E-mails to one address in an hour. Asking for more is answered alike and sends nothing: nobody's mailbox is filled through us. */
const MOST_AN_HOUR = 5;
const PREFIX = 'att_' satisfies `${CredentialPrefix}_`;
const ID_BYTES = 16;
const TEXT = /^att_([A-Za-z0-9]{22})_([A-Za-z0-9_-]{43})$/;

/** The e-mail of a token. What it says is decided when it is written, so that asking for it takes as long for every address. */
export const sendToken = defineJob<{ ticketId: string }>('tenancy.send-letter', EMAIL_TRIES);

/** Whose work e-mails to persons are before any tenant is known: no tenant has this id. */
const LOBBY = '00000000-0000-7000-8000-000000000002';

/** The answer to whoever asks for an e-mail, the same for every address. */
export interface EmailSent {
  /** What to do next. */
  next: 'read-your-mail';
  message: string;
}

/** What a token waits with. */
export interface OneTimeTokenContent {
  registration?: PendingRegistration | null;
  identityId?: string | null;
}

/** Single-use links of e-mails to persons, known or not. */
@Injectable()
export class OneTimeTokenService {
  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
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

  /** Throws where no e-mail could be sent or written down. */
  assertReady(): void {
    this.mail.assertReady();
  }

  /**
   * Orders an e-mail with a token: the same two statements for every address, known or not; the rest is the job's. None is sent where
   * the address has had its e-mails for this hour; what tells of a change is always sent.
   */
  async send(
    purpose: OneTimeTokenPurpose, email: string, { registration = null, identityId = null }: OneTimeTokenContent = {},
  ): Promise<EmailSent> {
    const [row] = await this.db.systemQuery<{ id: string }>(
      'an e-mail to a person',
      `insert into tenancy.ticket (id, purpose, email, seed, registration, expires_at, identity_id)
         select $1, $2, $3, $4, $5::jsonb, now() + make_interval(mins => $6), $8
         where $2 = 'moved' or (select count(*) from tenancy.ticket where email = $3 and created_at > now() - interval '1 hour') < $7
         returning id`,
      [
          newId(), purpose, email, randomBytes(16).toString('base64url'), registration && JSON.stringify(registration),
          ONE_TIME_TOKEN_MINUTES, MOST_AN_HOUR, identityId,
        ],
    );
    if (row) await asTenant(LOBBY, () => this.jobs.add(sendToken, { ticketId: row.id }));
    return {
      next: 'read-your-mail',
      message: 'A letter is on its way to this address, if it can receive one. It says how to go on, and its link works once, for an hour.',
    };
  }

  /** The row of a token that can still be used, for its e-mail. */
  async open(id: string): Promise<OneTimeToken | undefined> {
    const [row] = await this.db.systemQuery<OneTimeToken>(
      'the token of an e-mail', `select ${COLUMNS} from tenancy.ticket where id = $1 and ${OPEN}`, [id],
    );
    return row;
  }

  textOf(row: OneTimeToken): string {
    const secret = this.secrets.sign(purposeKey(row.purpose), material(row));
    return `${PREFIX}${toBase62(Buffer.from(row.id.replaceAll('-', ''), 'hex'))}_${secret}`;
  }

  /**
   * The token of a text, still unused. Throws one refusal for whatever is wrong with it: mistyped, used, ended, or made for something
   * else.
   */
  async look(purposes: OneTimeTokenPurpose[], text: string): Promise<OneTimeToken> {
    const [, name, secret] = TEXT.exec(text) ?? [];
    const id = name === undefined ? undefined : fromBase62(name, ID_BYTES);
    const row = id && (await this.open(id.toString('hex')));
    if (!row || !purposes.includes(row.purpose) || !this.secrets.verify(purposeKey(row.purpose), material(row), secret!)) {
      throw linkRefused();
    }
    return row;
  }

  /** Uses a token up. Of any number of parallel uses one succeeds; the others of its kind to that address end with it. */
  async use({ id, email, purpose }: OneTimeToken): Promise<void> {
    const used = await this.db.systemQuery<OneTimeToken>(
      'a one-time token is used', `update tenancy.ticket set used_at = now() where id = $1 and ${OPEN} returning ${COLUMNS}`, [id],
    );
    if (used.length === 0) throw linkRefused();
    await this.db.systemQuery(
      'tokens that are used up with another one',
      'update tenancy.ticket set used_at = now() where email = $1 and purpose = $2 and used_at is null',
      [email, purpose],
    );
  }

  /**
   * Ends whatever still waits to change what a person signs in with: links in their mailbox, those to an address they asked to move to, and
   * accounts about to be connected. Called by every change of a credential: who asked before knew, or may have stolen, what no longer
   * counts. What only tells of a change goes out all the same.
   */
  async endOf(identityId: string): Promise<void> {
    await this.db.systemQuery(
      'tokens from before a credential was changed',
      `with links as (delete from tenancy.oidc_flow where purpose = 'link' and member_id in
         (select id from tenancy.membership where identity_id = $1))
       update tenancy.ticket set used_at = now() where used_at is null and purpose <> 'moved'
         and (identity_id = $1 or email = (select email from tenancy.identity where id = $1))`,
      [identityId],
    );
  }
}

const OPEN = 'used_at is null and expires_at > now()';
const COLUMNS = 'id, purpose, email, seed, registration, identity_id as "identityId"';

function purposeKey(purpose: OneTimeTokenPurpose): string {
  return `tenancy.ticket-${purpose}`;
}

function material({ id, seed, email, identityId }: OneTimeToken): string {
  return `${id}.${seed}.${email}${identityId === null ? '' : `.${identityId}`}`;
}
