import { Body, Controller, HttpCode, Injectable, Module, Param, Post } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { asTenant, bootContexts, type BootedContexts, engines, eventually } from '#platform/testing';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { contract, current, newId, notFound, provideContract } from '#platform/core';
import { Db, tenantTable } from '#platform/database';
import { On, type Received } from '#platform/messaging';
import { Allow } from '#platform/http';
import { type AuditFact, audited, withoutSecrets } from './audit.js';
import { Audited } from './audited.decorator.js';

abstract class Till {
  abstract ping(): Promise<void>;
}
const tillContract = contract('till', Till, { ping: 'query' });

class Sale {
  @IsString()
  item: string;

  @IsOptional() @IsString()
  apiKey?: string;
}

@Injectable()
class TillService extends Till {
  constructor(private readonly db: Db) {
    super();
  }

  async ping(): Promise<void> {}

  async sell(id: string, { item }: Sale): Promise<{ id: string }> {
    await this.db.query(`insert into till.sale (tenant_id, id, item) values ($1, $2, $3)`, [current().tenantId, id, item]);
    if (item === 'nothing') throw notFound('item');
    return { id };
  }

  @Audited('till.sale.voided')
  async void(id: string): Promise<boolean> {
    return (await this.db.query('delete from till.sale where id = $1 returning id', [id])).length > 0;
  }
}

const heard: AuditFact[] = [];

@Injectable()
class Listener {
  @On(audited, 'till.hear')
  async hear({ data }: Received<typeof audited>): Promise<void> {
    heard.push(data);
  }
}

@Controller('v1/sales')
class TillController {
  constructor(private readonly till: TillService) {}

  @Post(':id')
  @HttpCode(202)
  @Allow('till.sales.write')
  @Audited('till.sale.made')
  sell(@Param('id') id: string, @Body() sale: Sale): Promise<{ id: string }> {
    return this.till.sell(id, sale);
  }
}

@Module({ imports: [ContextModule.for('till')], controllers: [TillController],
  providers: [Listener, ...provideContract(tillContract, TillService)], exports: [Till] })
class TillModule {}

const till: ContextWiring = {
  name: 'till', contract: tillContract, module: TillModule, config: [], entities: [],
  migrations: [{ name: 'till/0001-sales',
    up: tenantTable('till.sale', 'id uuid not null, item text not null, primary key (tenant_id, id)') }],
};

describe.each(engines)('@Audited on %s', (engine) => {
  const tenant = newId();
  let booted: BootedContexts;
  beforeAll(async () => {
    booted = await bootContexts([till], { engine });
  });
  afterAll(() => booted?.close());
  beforeEach(() => void heard.splice(0));

  it('tells what was done to what, with the names of the fields and never their values', async () => {
    const id = newId();
    expect(await booted.as(tenant).post(`/v1/sales/${id}`, { item: 'lamp', apiKey: 'sk-aaaaaaaaaaaaaaaaaaaaaaaa' }))
      .toMatchObject({ status: 202, body: { id } });
    await eventually(() => expect(heard)
      .toMatchObject([{ action: 'till.sale.made', target: id, detail: { fields: ['item', 'apiKey'] }, requestId: expect.any(String) }]));
    expect(JSON.stringify(heard)).not.toContain('lamp');
  });

  it('a write that fails leaves no entry, and neither does one that did nothing', async () => {
    const service = booted.get(TillService);
    expect((await booted.as(tenant).post(`/v1/sales/${newId()}`, { item: 'nothing' })).status).toBe(404);
    expect(await asTenant(tenant, () => service.void(newId()))).toBe(false);
    const id = newId();
    await booted.as(tenant).post(`/v1/sales/${id}`, { item: 'chair' });
    expect(await asTenant(tenant, () => service.void(id))).toBe(true);
    await eventually(() => expect(heard.map(({ action, target }) => [action, target]).sort())
      .toEqual([['till.sale.made', id], ['till.sale.voided', id]]));
  });

  it('an object that the container did not make does nothing unseen', async () => {
    await expect(new TillService(undefined as never).void(newId())).rejects.toMatchObject({ reason: 'kernel.audit-unbound' });
  });
});

describe('detail of an entry', () => {
  it('holds no secret by name or by shape, and no novel', () => {
    const clean = withoutSecrets({ name: 'ok', password: 'x1', nested: { client_secret: 'x2', note: 'Bearer abcdefghijklmnop' },
      url: 'https://me:x3@host/' });
    expect(JSON.stringify(clean)).not.toMatch(/x1|x2|x3|abcdefgh/);
    expect(clean).toMatchObject({ name: 'ok', password: '[redacted]' });
    expect(withoutSecrets({ text: 'x'.repeat(5_000) })).toEqual({ omitted: '5011 characters' });
  });
});
