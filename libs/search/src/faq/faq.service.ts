import { Injectable } from '@nestjs/common';
import { AppError, current, newId } from '#platform/core';
import { Db, onDuplicate, type Page, type PageQuery } from '#platform/database';
import { visible } from '#platform/text';
import type { DocumentState } from '../contract.js';
import type { DocumentRow } from '../document/document.entity.js';
import { DocumentService, fingerprintOf } from '../document/document.service.js';

export interface Faq {
  id: string;
  question: string;
  answer: string;
  state: DocumentState;
  createdAt: string;
}

interface FaqText {
  question: string;
  answer: string;
}

export interface FaqCounts {
  created: number;
  updated: number;
  unchanged: number;
}

/** FAQs are documents of one question (the name) and one answer (the content). A question stands once. */
@Injectable()
export class FaqService {
  constructor(
    private readonly db: Db,
    private readonly documents: DocumentService,
  ) {}

  async create(faq: FaqText): Promise<Faq> {
    const [row] = await onDuplicate(this.db.tx(() => this.insert([faq])), questionExists);
    return shown(row!, faq.answer);
  }

  /** New questions are added, known ones get the new answer. Of a question given twice the last answer counts. */
  async import(faqs: FaqText[]): Promise<FaqCounts> {
    const wanted = new Map(faqs.map((faq) => [fingerprint(faq.question).toString('hex'), faq]));
    return this.db.tx(async () => {
      const known = await this.db.query<{ id: string; fingerprint: Buffer; answer: string }>(
        `select d.id, d.fingerprint, c.text as answer from search.document d join search.content c on c.tenant_id = d.tenant_id and
        c.document_id = d.id
         where d.tenant_id = $1 and d.source = 'faq' and d.granted_to is null and d.fingerprint = any($2::bytea[]) for update of d`,
        [current().tenantId, [...wanted.keys()].map((hex) => Buffer.from(hex, 'hex'))],
      );
      let updated = 0;
      for (const { id, fingerprint: key, answer } of known) {
        const faq = wanted.get(key.toString('hex'))!;
        wanted.delete(key.toString('hex'));
        if (faq.answer.trim() === answer) continue;
        await this.store([{ id, answer: faq.answer }]);
        await this.documents.renew(id, { bytes: Buffer.byteLength(faq.answer) });
        updated++;
      }
      await this.insert([...wanted.values()]);
      return { created: wanted.size, updated, unchanged: known.length - updated };
    });
  }

  async list(page: PageQuery): Promise<Page<Faq>> {
    const { items, nextCursor } = await this.documents.list('faq', page, undefined, (row) => row);
    const answers = await this.db.query<{ id: string; text: string }>('select document_id as id, text from search.content where ' +
      'tenant_id = $1 and document_id = any($2::uuid[])', [current().tenantId, items.map(({ id }) => id)]);
    const texts = new Map(answers.map(({ id, text }) => [id, text]));
    return { items: items.map((row) => shown(row, texts.get(row.id) ?? '')), nextCursor };
  }

  async find(id: string): Promise<Faq> {
    const row = await this.documents.get('faq', id);
    return shown(row, await this.documents.text(id));
  }

  async change(id: string, { question, answer }: Partial<FaqText>): Promise<Faq> {
    await this.documents.get('faq', id);
    await onDuplicate(this.db.tx(async () => {
      if (answer !== undefined) await this.store([{ id, answer }]);
      await this.documents.renew(id, {
        ...(question === undefined ? {} : { name: nameOf(question), fingerprint: fingerprint(question) }),
        ...(answer === undefined ? {} : { bytes: Buffer.byteLength(answer) }),
      });
    }), questionExists);
    return this.find(id);
  }

  /** At most `BATCH` of them are indexed by one job. */
  private async insert(faqs: FaqText[]): Promise<DocumentRow[]> {
    const rows: DocumentRow[] = [];
    for (let from = 0; from < faqs.length; from += BATCH) {
      const batch = faqs.slice(from, from + BATCH).map((faq) => ({ ...faq, id: newId() }));
      const accepted = await this.documents.accept(batch.map(({ id, question, answer }) => ({
        id, kind: 'faq', source: 'faq', name: nameOf(question), mediaType: 'text/plain', format: 'text', bytes: Buffer.byteLength(answer),
        fingerprint: fingerprint(question),
      })));
      await this.store(batch);
      rows.push(...accepted);
    }
    return rows;
  }

  private async store(faqs: { id: string; answer: string }[]): Promise<void> {
    await this.db.query(
      `insert into search.content (tenant_id, document_id, text) select $1, id, text from unnest($2::uuid[], $3::text[]) as f (id, text)
       on conflict (tenant_id, document_id) do update set text = excluded.text`,
      [current().tenantId, faqs.map(({ id }) => id), faqs.map(({ answer }) => answer.trim())],
    );
  }
}

const BATCH = 50;

function nameOf(question: string): string {
  return visible(question).trim();
}

/** Case, spaces, closing signs and what nobody sees make no other question. */
function fingerprint(question: string): Buffer {
  return fingerprintOf(visible(question).normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim().replace(/[?!.。？！]+$/u, ''));
}

function shown({ id, name, state, createdAt }: DocumentRow, answer: string): Faq {
  return { id, question: name, answer: answer.trim(), state, createdAt: createdAt.toISOString() };
}

function questionExists(): AppError {
  return new AppError('conflict', 'search.faq-exists',
    'There is a FAQ with this question already, so nothing was changed. Change that one instead.');
}
