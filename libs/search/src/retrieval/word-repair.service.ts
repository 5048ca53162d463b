import { Injectable } from '@nestjs/common';
import { type Language, stem } from '#platform/text';
import { compounding, splits } from '../rank/compounds.js';
import type { Asked } from '../rank/question.js';
import { maybeMisspelt, nearestSpellings, oneSlip } from '../rank/spelling.js';
import { type IndexStatistics, PassageStore } from '../index/passage.store.js';

/** Words of one question that are looked up again in another shape. */
const REPAIRED = 5;
/** Compounds one word may stand for. */
const COMPOUNDS = 8;

/**
 * What to look up in place of a word that stands in none of the tenant's documents: the compounds that hold it, the parts it is a compound
 * of, or the words it may be a misspelling of.
 */
@Injectable()
export class WordRepair {
  constructor(private readonly store: PassageStore) {}

  /** The words themselves where all are known. */
  async repaired(typed: Asked[], found: ReadonlyMap<string, unknown>, statistics: IndexStatistics): Promise<Asked[]> {
    const unknown = typed.filter(({ word, forms }) => !forms.some((form) => found.has(form)) && maybeMisspelt(word)).slice(0, REPAIRED);
    if (unknown.length === 0) return typed;
    const shapes = new Map<Asked, Asked[]>();
    for (const word of unknown) shapes.set(word, await this.shapesOf(word, statistics));
    return typed.flatMap((word) => shapes.get(word) ?? [word]);
  }

  private async shapesOf(asked: Asked, { passages, languages }: IndexStatistics): Promise<Asked[]> {
    const joining = compounding(languages);
    const also = (forms: string[]): Asked[] => [{ ...asked, forms: [...asked.forms, ...forms] }];
    if (joining.length > 0) {
      const compounds = await this.store.holding(asked.forms[0]!, passages, COMPOUNDS);
      if (compounds.length > 0) return also(compounds);
      const parts = await this.partsOf(asked, joining);
      if (parts) return parts;
    }
    return also(await this.spellings(asked, languages, passages));
  }

  /** Both parts of a compound that are known by themselves. */
  private async partsOf(asked: Asked, languages: Language[]): Promise<Asked[] | undefined> {
    const ways = splits(asked.word, languages);
    const known = ways.length > 0 ? await this.store.known(ways.flatMap(({ first, second }) => [...first, ...second])) : new Set<string>();
    const there = (forms: string[]): boolean => forms.some((form) => known.has(form));
    const way = ways.find(({ first, second }) => there(first) && there(second));
    return way && [{ ...asked, forms: way.first }, { ...asked, forms: way.second }];
  }

  /** One slip may be anywhere in the word; two are looked for among the words that begin like it. */
  private async spellings({ word, forms }: Asked, languages: Language[], passages: number): Promise<string[]> {
    const stems = new Set([...oneSlip(word)].flatMap((other) => languages.map((language) => stem(other, language))));
    const near = await this.store.known([...stems]);
    return near.size > 0 ? [...near].sort() : nearestSpellings(forms[0]!, await this.store.vocabulary(forms[0]!, passages));
  }
}
