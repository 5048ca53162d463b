import { Body, Controller, Get, Global, Injectable, Module, Post } from '@nestjs/common';
import { IsString } from 'class-validator';
import { Allow } from '#platform/http';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { Db, tenantTable } from '#platform/database';
import { contract, current, newId, provideContract } from '#platform/core';
import { type BootedContexts, bootContexts } from './boot-contexts.js';
import { asTenant } from './as-tenant.js';
import { engines } from './database.js';

abstract class Pantry {
  abstract add(item: { name: string }): Promise<void>;
  abstract list(): Promise<string[]>;
}

abstract class Labels {
  abstract label(item: { name: string }): Promise<string>;
}

@Injectable()
class PantryService extends Pantry {
  constructor(private readonly db: Db, private readonly labels: Labels) {
    super();
  }

  async add({ name }: { name: string }): Promise<void> {
    await this.db.query('insert into pantry.item (tenant_id, id, name) values ($1, $2, $3)',
      [current().tenantId, newId(), await this.labels.label({ name })]);
  }

  async list(): Promise<string[]> {
    return (await this.db.query<{ name: string }>('select name from pantry.item order by name')).map(({ name }) => name);
  }
}

class NewItem {
  @IsString()
  name: string;
}

@Controller('v1/items')
class PantryController {
  constructor(private readonly pantry: Pantry) {}

  @Post()
  @Allow('pantry.items.write')
  add(@Body() body: NewItem): Promise<void> {
    return this.pantry.add({ name: body.name });
  }

  @Get()
  @Allow('pantry.items.read')
  list(): Promise<string[]> {
    return this.pantry.list();
  }
}

const pantryContract = contract('pantry', Pantry, { add: 'command', list: 'query' });

@Global()
@Module({ imports: [ContextModule.for('pantry')], controllers: [PantryController],
  providers: provideContract(pantryContract, PantryService), exports: [Pantry] })
class PantryModule {}

const context: ContextWiring = {
  name: 'pantry', contract: pantryContract, module: PantryModule, config: [], entities: [],
  migrations: [{ name: 'pantry/0001-items',
    up: tenantTable('pantry.item', 'id uuid not null, name text not null, primary key (tenant_id, id)') }],
};

describe.each(engines)('bootContexts on the %s database', (engine) => {
  let booted: BootedContexts;
  const [ours, theirs] = [newId(), newId()];

  beforeAll(async () => {
    booted = await bootContexts([context],
      { engine, fakes: [{ provide: Labels, useValue: { label: async ({ name }: { name: string }) => `a ${name}` } }] });
  });
  afterAll(() => booted?.close());

  it('calls contracts as a tenant, with fakes for the absent ones', async () => {
    await asTenant(ours, () => booted.get(Pantry).add({ name: 'jar' }));
    expect(await asTenant(ours, () => booted.get(Pantry).list())).toEqual(['a jar']);
    expect(await asTenant(theirs, () => booted.get(Pantry).list())).toEqual([]);
  });

  it('sends requests as a tenant, with the permissions it is told', async () => {
    expect(await booted.as(theirs).post('/v1/items', { name: 'pot' })).toMatchObject({ status: 201 });
    expect(await booted.as(theirs).get('/v1/items')).toMatchObject({ status: 200, body: ['a pot'] });
    expect(await booted.as(theirs, { permissions: ['pantry.items.read'] }).post('/v1/items', { name: 'pot' }))
      .toMatchObject({ status: 403 });
    expect(await booted.with().get('/v1/items')).toMatchObject({ status: 401, body: { status: 401 } });
  });

  it('listens for clients that need a socket', async () => {
    const url = await booted.listen();
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });
});
