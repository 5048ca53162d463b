import { type Db, readVector, vectorParam } from '#platform/database';
import { current, keyOf, logger } from '#platform/core';
import { dot } from '#platform/adapters';

const log = logger('search');

/** The nearest passages of the current tenant by vector. All implementations answer alike where they are exact. */
export abstract class VectorIndex {
  /** Numbers and cosines, nearest first. Vectors of other models than `model` are not compared. */
  abstract nearest(model: string, query: Float32Array, limit: number): Promise<Map<number, number>>;

  constructor(protected readonly db: Db) {}

  /** What is remembered of a tenant that is erased. */
  forget(_tenantId: string): void {}

  /** Cosines of the named passages. */
  async cosines(model: string, query: Float32Array, numbers: number[]): Promise<Map<number, number>> {
    if (numbers.length === 0) return new Map();
    const rows = await this.db.query<VectorRow>('select number, vector from search.embedding where tenant_id = $1 and model = $2 and ' +
      'number = any($3::int[])', [current().tenantId, model, numbers]);
    return new Map(rows.map(({ number, vector }) => [number, dot(query, readVector(vector))]));
  }
}

interface VectorRow {
  number: number;
  vector: string | Buffer;
}

/**
 * Up to this many passages of a tenant every vector is compared, through the tenant's own btree: full recall, however large the others are.
 */
export const EXACT_PASSAGES = 20_000;

/** pgvector. A tenant above `EXACT_PASSAGES` is searched through HNSW, which goes on until enough of its own rows are found. */
export class PgvectorIndex extends VectorIndex {
  async nearest(model: string, query: Float32Array, limit: number): Promise<Map<number, number>> {
    const { tenantId } = current();
    const [size] = await this.db.query<{ passages: number }>('select passages from search.statistics where tenant_id = $1', [tenantId]);
    const near = (size?.passages ?? 0) <= EXACT_PASSAGES || query.length > 2_000 ? await this.exact(model, query, limit)
      : await this.approximate(model, query, limit);
    return new Map([...(await this.cosines(model, query, near))].sort((a, b) => b[1] - a[1] || a[0] - b[0]));
  }

  /** Adding 0 keeps the order from being an index's own, so that the planner sorts the tenant's rows instead of walking everybody's. */
  private async exact(model: string, query: Float32Array, limit: number): Promise<number[]> {
    const rows = await this.db.query<{ number: number }>(
      'select number from search.embedding where tenant_id = $1 and model = $2 and dimensions = $3 order by (vector <#> $4::vector) + ' +
        '0, number limit $5',
      [current().tenantId, model, query.length, vectorParam(query), limit],
    );
    return rows.map(({ number }) => number);
  }

  private async approximate(model: string, query: Float32Array, limit: number): Promise<number[]> {
    const size = query.length;
    return this.db.tx(async () => {
      await this.db.query(`select set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', $1, true)`,
        [String(Math.max(100, Math.min(1000, limit)))]);
      const rows = await this.db.query<{ number: number }>(
        `select number from search.embedding where tenant_id = $1 and model = $2 and dimensions = ${size} and model <> 'offline-1'
         order by vector::vector(${size}) <#> $3::vector(${size}) limit $4`,
        [current().tenantId, model, vectorParam(query), limit],
      );
      return rows.map(({ number }) => number);
    });
  }
}

interface Matrix {
  numbers: number[];
  vectors: Float32Array[];
  bytes: number;
}

const PAGE = 2_000;

/**
 * Without pgvector: every vector of the tenant compared in this process. They are kept in memory between questions, least recently used
 * tenants going first; new ones are read on from the last number, which is safe because numbers become visible in their order.
 */
export class ScanIndex extends VectorIndex {
  private readonly matrices = new Map<string, Matrix>();
  private held = 0;

  constructor(db: Db, private readonly budgetBytes: number) {
    super(db);
  }

  async nearest(model: string, query: Float32Array, limit: number): Promise<Map<number, number>> {
    const matrix = await this.matrix(model);
    if (!matrix) return new Map();
    const scored = matrix.numbers.map((number, at) => [number, dot(query, matrix.vectors[at]!)] as const);
    return new Map(scored.sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, limit));
  }

  private async matrix(model: string): Promise<Matrix | undefined> {
    const key = keyOf(current().tenantId, 'search', 'vectors', model);
    const matrix = this.matrices.get(key) ?? { numbers: [], vectors: [], bytes: 0 };
    this.matrices.delete(key);
    this.held -= matrix.bytes;
    const fresh: Matrix = { numbers: [...matrix.numbers], vectors: [...matrix.vectors], bytes: matrix.bytes };
    if (!(await this.readOn(model, fresh))) return undefined;
    this.matrices.set(key, fresh);
    this.held += fresh.bytes;
    this.forgetOldest();
    return fresh;
  }

  private async readOn(model: string, matrix: Matrix): Promise<boolean> {
    for (;;) {
      const rows = await this.db.query<VectorRow>(
        'select number, vector from search.embedding where tenant_id = $1 and model = $2 and number > $3 order by number limit $4',
        [current().tenantId, model, matrix.numbers.at(-1) ?? -1, PAGE],
      );
      for (const { number, vector } of rows) {
        const values = readVector(vector);
        matrix.numbers.push(number);
        matrix.vectors.push(values);
        matrix.bytes += values.byteLength + 100;
      }
      if (matrix.bytes > this.budgetBytes) {
        log.warn({ megabytes: Math.round(this.budgetBytes / 1_048_576) },
          'a tenant has more vectors than ATOLL_SEARCH_VECTOR_MEGABYTES holds: its passages are found by their words only. Install ' +
            'pgvector, or raise the limit.');
        return false;
      }
      if (rows.length < PAGE) return true;
    }
  }

  override forget(tenantId: string): void {
    for (const [key, { bytes }] of this.matrices) {
      if (!key.startsWith(`${tenantId}/`)) continue;
      this.matrices.delete(key);
      this.held -= bytes;
    }
  }

  private forgetOldest(): void {
    for (const [key, { bytes }] of this.matrices) {
      if (this.held <= this.budgetBytes) return;
      this.matrices.delete(key);
      this.held -= bytes;
    }
  }
}
