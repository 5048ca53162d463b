import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DocumentKind, DocumentState } from '../contract.js';
import type { Format } from '../parse/parse.js';

@Entity({ schema: 'search', name: 'document' })
export class DocumentRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  kind: DocumentKind;

  /** `upload` came as a file, `added` over the contract under the caller's own id. */
  @Column({ type: 'text' })
  source: 'upload' | 'added' | 'faq';

  /** The file's name, or the question of a FAQ. */
  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'media_type', type: 'text' })
  mediaType: string;

  @Column({ type: 'text' })
  format: Format;

  @Column({ type: 'bigint', transformer: { from: Number, to: (value: number) => value } })
  bytes: number;

  @Column({ type: 'bytea' })
  fingerprint: Buffer;

  @Column({ type: 'text' })
  state: DocumentState;

  @Column({ name: 'reason_code', type: 'text', nullable: true })
  reasonCode: string | null;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ type: 'text', nullable: true })
  language: string | null;

  @Column({ type: 'int', nullable: true })
  pages: number | null;

  @Column({ type: 'int', nullable: true })
  characters: number | null;

  @Column({ type: 'int' })
  passages: number;

  /** Name of the embedder its vectors are of. */
  @Column({ type: 'text', nullable: true })
  embedder: string | null;

  /** Raised with every change of content and every try to index it: work on an older one writes nothing. */
  @Column({ type: 'int' })
  revision: number;

  /** The revision whose passages are found; 0 while there are none. */
  @Column({ type: 'int' })
  generation: number;

  /** Whom it is granted to; null: everybody. */
  @Column({ name: 'granted_to', type: 'uuid', array: true, nullable: true })
  grantedTo: string[] | null;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'indexed_at', type: 'timestamptz', nullable: true })
  indexedAt: Date | null;
}
