import { Body, Controller, Get, Global, Headers, Injectable, Module, Param, Patch, Post } from '@nestjs/common';
import { Allow } from '#platform/http';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { Db, systemPolicy, tenantTable } from '#platform/database';
import { contract, current, newId, notFound, provideContract } from '#platform/core';

abstract class Planted {
  abstract nothing(): Promise<void>;
}

class PlantedService extends Planted {
  async nothing(): Promise<void> {}
}

interface Item {
  id: string;
  name: string;
}

/** A repository as nobody should write one: it finds by id alone, on the system's connection. */
@Injectable()
class CarelessItems {
  constructor(private readonly db: Db) {}

  async add(): Promise<Item> {
    const item = { id: newId(), name: 'mine' };
    await this.db.query('insert into planted.item (tenant_id, id, name) values ($1, $2, $3)', [current().tenantId, item.id, item.name]);
    return item;
  }

  async find(id: unknown): Promise<Item> {
    const [item] = await this.db.system('planted: by id alone',
      () => this.db.query<Item>('select id, name from planted.item where id::text = $1', [String(id)]));
    if (!item) throw notFound('item');
    return item;
  }

  async ofTenant(tenantId: string): Promise<Item[]> {
    return this.db.system('planted: of whichever tenant',
      () => this.db.query<Item>('select id, name from planted.item where tenant_id::text = $1', [tenantId]));
  }

  async rename(id: string): Promise<void> {
    await this.db.system('planted: by id alone',
      () => this.db.query(`update planted.item set name = name || '!' where id::text = $1`, [id]));
  }
}

/** Each route is careless in one way; the sound one is not. */
@Controller('v1/planted')
class PlantedController {
  constructor(
    private readonly items: CarelessItems,
    private readonly db: Db,
  ) {}

  @Post('items')
  @Allow()
  add(): Promise<Item> {
    return this.items.add();
  }

  @Get('items/:id')
  @Allow()
  byPath(@Param('id') id: string): Promise<Item> {
    return this.items.find(id);
  }

  @Get('sound/items/:id')
  @Allow()
  async sound(@Param('id') id: string): Promise<Item> {
    const [item] = await this.db.query<Item>('select id, name from planted.item where id::text = $1', [id]);
    if (!item) throw notFound('item');
    return item;
  }

  @Get('by-header')
  @Allow()
  byHeader(@Headers('x-tenant-id') tenantId?: string): Promise<Item[]> {
    return this.items.ofTenant(tenantId ?? current().tenantId);
  }

  /** Tells nothing of the other's row but whether it is there. */
  @Post('by-body')
  @Allow()
  async byBody(@Body() body: { itemId?: unknown } = {}): Promise<{ taken: boolean }> {
    return { taken: await this.items.find(body.itemId).then(() => true, () => false) };
  }

  /** Answers alike, and writes all the same. */
  @Patch('items/:id')
  @Allow()
  async silently(@Param('id') id: string): Promise<object> {
    await this.items.rename(id);
    return {};
  }
}

const plantedContract = contract('planted', Planted, { nothing: 'query' });

@Global()
@Module({ imports: [ContextModule.for('planted')], controllers: [PlantedController],
  providers: [CarelessItems, ...provideContract(plantedContract, PlantedService)], exports: [Planted] })
class PlantedModule {}

export const planted: ContextWiring = {
  name: 'planted', contract: plantedContract, module: PlantedModule, config: [], entities: [],
  migrations: [{ name: 'planted/0001-items', up: [...tenantTable('planted.item',
    'id uuid not null, name text not null, primary key (tenant_id, id)'),
    ...systemPolicy('planted.item', 'select', 'a leak for the matrix to find'),
    ...systemPolicy('planted.item', 'update', 'a leak for the matrix to find')] }],
};
