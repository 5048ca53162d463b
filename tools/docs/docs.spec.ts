import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from '../boundaries/source.js';
import { type Tree, readTree } from '../boundaries/tree.js';
import { configurationPage } from './configuration.js';
import { factsOf } from './facts.js';
import { pages } from './pages.js';
import { catalogueOf, permissionsPage, rolesOf } from './permissions.js';
import { unnamed } from './readme.js';
import { routesPage } from './routes.js';

const root = join(import.meta.dirname, '..', '..');

describe('the docs of the house', () => {
  const tree = readTree(root);
  const facts = factsOf(tree);

  it('were read off hundreds of files', () => {
    const all = [...facts.values()];
    expect(all.flatMap(({ settings }) => settings).length).toBeGreaterThan(40);
    expect(all.flatMap(({ routes }) => routes).length).toBeGreaterThan(30);
    expect(all.flatMap(({ calls }) => calls).length).toBeGreaterThan(20);
    expect(all.flatMap(({ tables }) => tables).length).toBeGreaterThan(15);
  });

  it.each(Object.entries(pages(tree)))('%s is what npm run docs writes', (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  it('know the permissions of all routes and the fixed roles', () => {
    expect(catalogueOf(facts).size).toBeGreaterThan(20);
    for (const permission of catalogueOf(facts).keys()) expect(permission).toMatch(/^[a-z-]+(\.[a-z-]+)?\.(read|write)$/);
    expect(Object.keys(rolesOf(tree))).toEqual(['owner', 'admin', 'member', 'viewer']);
  });

  it('name in each README what its context owns', () => {
    expect(unnamed(tree, facts)).toEqual([]);
  });
});

const small = {
  'libs/shop/src/shop.config.ts': `
    /** How the shop is run. */
    export class ShopConfig {
      @Env('ATOLL_SHOP_LIMIT', { description: 'Items a basket ' + 'holds.' }) @IsInt() @Min(1) @Max(9) limit: number = 5;
      @Env('ATOLL_SHOP_KEY', { description: 'Opens a|b.', secret: true }) @IsOptional() key?: string;
      @Env('ATOLL_SHOP_MODE', { description: 'How.', defaultText: 'it depends' }) @IsIn(['slow', 'fast']) mode: string = 'slow';
      other = 1;
    }`,
  'libs/shop/src/contract.ts': `export const shopContract = contract('shop', Shop, { buy: 'command', watch: { kind: 'stream', ` +
    `deadlineMs: 5 } });`,
  'libs/shop/src/events.ts': `export const sold = defineEvent<{ id: string }>('shop.item-sold', 1);`,
  'libs/shop/src/shop.jobs.ts': `export const ship = defineJob<{}>('shop.ship-item', {}); class A { @Cron('shop.close', '5 0 * * *') ` +
    `close() {} }`,
  'libs/shop/src/migrations/0001.ts': "export const up = [...tenantTable('shop.item', `id uuid`), ...globalTable('shop.counter', `n " +
    "int`, 'why')];",
  'libs/shop/src/shop.controller.ts': `
    @Controller('v1/items') export class ShopController {
      /** Sells one item. And more. */
      @Post(':id/sell') @Allow('shop.items.write') sell() {}
      @Get() @Public() list() {}
      @Get('mine') @Allow() mine() {}
    }`,
  'libs/shop/src/shop.controller.spec.ts': `@Controller('fake') class Fake { @Get() @Public() list() {} }`,
};

describe('reading a context', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-docs-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const tree: Tree = {
    root: folder,
    sources: Object.entries(small)
      .map(([path, text]) => parse(path, text, { kind: 'library', name: 'shop', test: path.includes('.spec.') })),
    libraries: ['shop'], graph: { shop: [] }, doors: new Map(), dependencies: new Set(),
  };
  const facts = factsOf(tree);

  it('finds its settings with defaults and rules, never a computed value', () => {
    const page = configurationPage(facts, ['shop']);
    expect(page).toContain('How the shop is run.');
    expect(page).toContain('| `ATOLL_SHOP_LIMIT` | Items a basket holds. | `5` | ≥ 1, ≤ 9 |');
    expect(page).toContain('| `ATOLL_SHOP_KEY` | Opens a\\|b. Secret. |  |  |');
    expect(page).toContain('| `ATOLL_SHOP_MODE` | How. | `it depends` | slow · fast |');
  });

  it('finds its routes, not those of specs', () => {
    const lines = routesPage(facts, ['shop']).split('\n').filter((line) => line.startsWith('| `'));
    expect(lines).toEqual([
      '| `GET /v1/items` | public |  |',
      '| `POST /v1/items/{id}/sell` | `shop.items.write` | Sells one item. |',
      '| `GET /v1/items/mine` | signed in |  |',
    ]);
  });

  it('finds its permissions and who holds them', () => {
    const page = permissionsPage(facts, { owner: ['*'], buyer: ['*.read'], seller: ['shop.items.*'] });
    expect(page).toContain('| Permission | owner | buyer | seller | Opens |');
    expect(page).toContain('| `shop.items.write` | ✓ |  | ✓ | `POST /v1/items/{id}/sell` |');
  });

  it('tells what the README leaves out', () => {
    mkdirSync(dirname(join(folder, 'libs/shop/README.md')), { recursive: true });
    const all = ['buy', 'watch', 'shop.item-sold', 'shop.ship-item', 'shop.close', 'shop.item', 'shop.counter', 'ATOLL_SHOP_LIMIT',
      'ATOLL_SHOP_KEY', 'ATOLL_SHOP_MODE'];
    writeFileSync(join(folder, 'libs/shop/README.md'), all.map((name) => `\`${name}\``).join(' '));
    expect(unnamed(tree, facts)).toEqual([]);
    writeFileSync(join(folder, 'libs/shop/README.md'), 'buy and watch and shop.item-sold');
    expect(unnamed(tree, facts)).toHaveLength(all.length);
  });
});
