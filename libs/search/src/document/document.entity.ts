import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DocumentKind, DocumentState } from '../contract.js';
import type { Format } from '../parse/parse.js';
import type { Warning } from '../parse/warnings.js';

@Entity({ schema: 'search', name: 'document' })
export class DocumentRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') kind: DocumentKind;

  /** `upload` came as a file, `added` over the contract under the caller's own id. */
  @Column('text') source: 'upload' | 'added' | 'faq';

  /** The file's name, or the question of a FAQ. */
  @Column('text') name: string;
  @Column('text') mediaType: string;
  @Column('text') format: Format;
  @Column('bigint', { transformer: { from: Number, to: (value: number) => value } }) bytes: number;
  @Column('bytea') fingerprint: Buffer;
  @Column('text') state: DocumentState;
  @Column('text', { nullable: true }) reasonCode: string | null;
  @Column('text', { nullable: true }) reason: string | null;
  /** Of the content that is found now. */
  @Column('jsonb') warnings: Warning[];
  @Column('text', { nullable: true }) language: string | null;
  @Column('int', { nullable: true }) pages: number | null;
  @Column('int', { nullable: true }) characters: number | null;
  @Column('int') passages: number;

  /** Name of the embedder its vectors are of. */
  @Column('text', { nullable: true }) embedder: string | null;

  /** Raised with every change of content and every try to index it: work on an older one writes nothing. */
  @Column('int') revision: number;

  /** Raised with every change of content. */
  @Column('int') version: number;

  /** The revision whose passages are found; 0 while there are none. */
  @Column('int') generation: number;

  /** Found only while the tenant has nothing else. */
  @Column('boolean') sample: boolean;

  /** The job that has taken it up last. */
  @Column('uuid', { nullable: true }) jobId: string | null;

  /** Whom it is granted to; null: everybody. */
  @Column('uuid', { array: true, nullable: true }) grantedTo: string[] | null;
  @Column('text') createdBy: string;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz', { nullable: true }) indexedAt: Date | null;
}
