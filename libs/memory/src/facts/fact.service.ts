import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Db, type Page, paged, type PageQuery } from '#platform/database';
import { current, newId, notFound } from '#platform/core';
import type { Fact, Memory, RecalledFact } from '../contract.js';
import { MemoryConfig } from '../memory.config.js';
import { extractFacts, normalise, subjectOf } from './extract.js';
import { type Forgetting, forgettingIn, isAbout } from './forget.js';
import { FactRow } from './fact.entity.js';
import { rankFacts } from './rank.js';

@Injectable()
export class FactService {
  constructor(
    private readonly db: Db,
    private readonly config: MemoryConfig,
  ) {}

  /** A person's facts are few (`ATOLL_MEMORY_MAX_FACTS`), so all of them are read and ranked here instead of by an index. */
  async recall({ text, limit }: Parameters<Memory['recall']>[0]): Promise<RecalledFact[]> {
    const { tenantId, actor } = current();
    const rows = await this.db.repo(FactRow).find({
      where: { tenantId, ownerId: actor.id },
      order: { createdAt: 'DESC', id: 'DESC' },
      take: this.config.maxFacts,
    });
    return rankFacts(text, rows.map(toFact), limit);
  }

  async remember({ id, text }: Parameters<Memory['remember']>[0]): Promise<Fact> {
    return this.store(id, text.trim(), subjectOf(text.trim()), 'told');
  }

  async learn({ question }: Parameters<Memory['learn']>[0]): Promise<{ learned: Fact[] }> {
    const forgetting = forgettingIn(question);
    if (forgetting) await this.forget(forgetting);
    const learned: Fact[] = [];
    for (const { text, subject, source } of extractFacts(question)) {
      learned.push(await this.store(newId(), text, subject, source));
    }
    return { learned };
  }

  list(page: PageQuery): Promise<Page<Fact>> {
    const own = this.db.repo(FactRow).createQueryBuilder('f').where('f.ownerId = :owner', { owner: current().actor.id });
    return paged(own, page, toFact, { createdAt: 'DESC', id: 'DESC' });
  }

  async remove(id: string): Promise<void> {
    const { tenantId, actor } = current();
    const { affected } = await this.db.repo(FactRow).delete({ tenantId, id, ownerId: actor.id });
    if (!affected) throw notFound('memory');
  }

  private async forget(what: Forgetting): Promise<void> {
    const { tenantId, actor } = current();
    const facts = this.db.repo(FactRow);
    if (what.everything) {
      await facts.delete({ tenantId, ownerId: actor.id });
      return;
    }
    const own = await facts.find({ where: { tenantId, ownerId: actor.id }, take: this.config.maxFacts });
    const ids = own.filter(({ text }) => isAbout(text, what.about)).map(({ id }) => id);
    if (ids.length > 0) await facts.delete({ tenantId, ownerId: actor.id, id: In(ids) });
  }

  /** Saying the same again keeps the known fact; a new fact about the same subject takes the old one's place. */
  private async store(id: string, text: string, subject: string | null, source: Fact['source']): Promise<Fact> {
    const { tenantId, actor } = current();
    const key = { tenantId, ownerId: actor.id, normalised: normalise(text) };
    return this.db.tx(async () => {
      const facts = this.db.repo(FactRow);
      const known = await facts.findOneBy(key);
      if (known) return toFact(known);
      if (subject) await facts.delete({ tenantId, ownerId: actor.id, subject });
      const row: FactRow = { ...key, id, text, subject, source, createdAt: new Date() };
      await facts.createQueryBuilder().insert().values(row).orIgnore().execute();
      return toFact((await facts.findOneBy(key)) ?? row);
    });
  }
}

function toFact({ id, text, source, createdAt }: FactRow): Fact {
  return { id, text, source, createdAt: createdAt.toISOString() };
}
