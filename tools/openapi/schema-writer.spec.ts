import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';

const SOURCE = `
function Min(_: number): PropertyDecorator { return () => undefined; }
function MaxLength(_: number): PropertyDecorator { return () => undefined; }
function IsInt(): PropertyDecorator { return () => undefined; }
function IsOptional(): PropertyDecorator { return () => undefined; }
function IsUUID(): PropertyDecorator { return () => undefined; }
const LONGEST = 40;

/** What a plan may be. */
export type Plan = 'free' | 'team';
export interface Page<T> { items: T[]; next: string | null }
export interface Leaf { at: Date; bytes?: number }

export class Body {
  /** Shown in lists. */
  @MaxLength(LONGEST) name: string;
  @IsInt() @Min(1) limit: number = 20;
  @IsOptional() @IsUUID() agent?: string;
  plan: Plan;
  tags: string[];
  pair: [string, number];
  maybe: Leaf | null;
  either: string | Leaf;
  flag: boolean;
  level: 1 | 2 | null;
  record: Record<string, Leaf>;
  anything: unknown;
  method(): void {}
}
export declare const body: Body;
export declare const page: Page<Leaf>;
export declare const picked: Pick<Leaf, 'at'>;
`;

interface Writer {
  of(type: ts.Type): object;
  components(): { schemas: Record<string, object>; names: Map<string, string> };
}

describe('JSON Schema of TypeScript types', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-schema-'));
  const file = join(folder, 'source.ts');
  let schemas: Record<string, Record<string, unknown>>;
  let top: Record<string, object>;

  beforeAll(async () => {
    writeFileSync(file, SOURCE);
    const { SchemaWriter } = (await import(join(import.meta.dirname,
      'schema-writer.mjs'))) as { SchemaWriter: new (checker: ts.TypeChecker) => Writer };
    const program = ts.createProgram([file],
      { target: ts.ScriptTarget.ES2022, strict: true, experimentalDecorators: true, strictPropertyInitialization: false, types: [] });
    const checker = program.getTypeChecker();
    const writer = new SchemaWriter(checker);
    const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!);
    const raw = Object.fromEntries(symbols.filter((symbol) => symbol.flags & ts.SymbolFlags.Variable)
      .map((symbol) => [symbol.getName(), writer.of(checker.getTypeOfSymbol(symbol))]));
    const { schemas: found, names } = writer.components();
    const named = (value: object): never => JSON.parse(JSON.stringify(value).replaceAll(/component:\d+/g, (id) => names.get(id)!)) as never;
    schemas = named(found);
    top = named(raw);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('names our types and writes the others out', () => {
    expect(top).toEqual({ body: { $ref: 'Body' }, page: { $ref: 'PageOfLeaf' },
      picked: { type: 'object', properties: { at: { type: 'string', format: 'date-time' } }, required: ['at'] } });
    expect(schemas.Plan).toEqual({ type: 'string', enum: ['free', 'team'], description: 'What a plan may be.' });
    expect(schemas.Leaf).toEqual({ type: 'object', properties: { at: { type: 'string', format: 'date-time' }, bytes: { type: 'number' } },
      required: ['at'] });
    expect(schemas.PageOfLeaf).toEqual({ type: 'object',
      properties: { items: { type: 'array', items: { $ref: 'Leaf' } }, next: { type: ['string', 'null'] } }, required: ['items', 'next'] });
  });

  it('reads comments, decorators, defaults and what is optional', () => {
    expect(schemas.Body!.required).toEqual(['name', 'plan', 'tags', 'pair', 'maybe', 'either', 'flag', 'level', 'record', 'anything']);
    expect(schemas.Body!.properties).toEqual({
      name: { type: 'string', maxLength: 40, description: 'Shown in lists.' },
      limit: { type: 'integer', minimum: 1, default: 20 },
      agent: { type: 'string', format: 'uuid' },
      plan: { $ref: 'Plan' },
      tags: { type: 'array', items: { type: 'string' } },
      pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
      maybe: { anyOf: [{ $ref: 'Leaf' }, { type: 'null' }] },
      either: { anyOf: [{ type: 'string' }, { $ref: 'Leaf' }] },
      flag: { type: 'boolean' },
      level: { type: ['number', 'null'], enum: [1, 2, null] },
      record: { type: 'object', additionalProperties: { $ref: 'Leaf' } },
      anything: {},
    });
  });
});
