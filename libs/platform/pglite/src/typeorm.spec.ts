import pg from 'pg';
import { Column, DataSource, Entity, ManyToOne, OneToMany, PrimaryColumn, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { newId } from '#platform/core';
import { EmbeddedFixture } from '../test/embedded.fixture.js';

@Entity('author')
class Author {
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('jsonb') facts: { born: number };
  @OneToMany(() => Book, (book) => book.author) books: Relation<Book>[];
}

@Entity('book')
class Book {
  @PrimaryGeneratedColumn('identity') id: number;
  @Column('text', { array: true }) tags: string[];
  @Column('timestamptz', { default: () => 'now()' }) at: Date;
  @ManyToOne(() => Author, (author) => author.books) author: Relation<Author>;
}

describe('TypeORM, unchanged', () => {
  const fixture = new EmbeddedFixture();
  let source: DataSource;
  beforeAll(async () => {
    await fixture.start();
    // `synchronize` builds the schema of this spec alone; the product's tables come from migrations.
    source = await new DataSource({
      type: 'postgres', driver: pg, entities: [Author, Book], synchronize: true, username: 'postgres', database: 'postgres', poolSize: 5,
      extra: { stream: () => fixture.database.stream() },
    }).initialize();
  });
  afterAll(async () => {
    await source?.destroy();
    await fixture.stop();
  });

  it('saves, joins and finds', async () => {
    const author = await source.getRepository(Author).save({ id: newId(), name: 'Ada', facts: { born: 1815 } });
    await source.getRepository(Book).save([{ tags: ['a', 'b'], author }, { tags: [], author }]);
    const found = await source.getRepository(Author).findOneOrFail({ where: { id: author.id }, relations: { books: true } });
    expect(found).toMatchObject({ name: 'Ada', facts: { born: 1815 } });
    expect(found.books.map(({ tags }) => tags)).toEqual([['a', 'b'], []]);
    expect(found.books[0]!.at).toBeInstanceOf(Date);
  });

  it('commits and rolls back transactions that run at the same time', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, n) => source.transaction(async (manager) => {
      await manager.insert(Author, { id: newId(), name: `parallel ${n}`, facts: { born: n } });
      if (n % 3 === 0) throw new Error('no');
      expect(await manager.countBy(Author, { name: `parallel ${n}` })).toBe(1);
    })));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(4);
    expect(await source.getRepository(Author).createQueryBuilder().where('name like :name', { name: 'parallel%' }).getCount()).toBe(8);
  });
});
