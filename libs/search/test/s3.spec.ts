import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CoreConfig, newId } from '#platform/core';
import { bootContexts, type BootedContexts, type Caller, S3Server } from '#platform/testing';
import { context } from '../src/search.module.js';
import { search, uploaded } from './fixtures.js';

const HOURS = '# Hours\n\nThe harbour office opens at 7 am on weekdays.\n';

describe('files in a bucket', () => {
  let s3: S3Server;
  let booted: BootedContexts;
  const tenant = newId();
  const boot = async (more: Record<string, string> = {}): Promise<Caller> => {
    booted = await bootContexts([context], { env: { ...s3.env, ...more } });
    return booted.as(tenant);
  };
  beforeAll(async () => {
    s3 = await S3Server.start();
  });
  afterEach(() => booted?.close());
  afterAll(() => s3.close());

  it('are taken in, read and found, and given out by redirect where browsers reach the bucket', async () => {
    const ada = await boot({ ATOLL_S3_DOWNLOAD_URL: s3.endpoint });
    const { id } = await uploaded(ada, 'hours.md', HOURS);
    expect(s3.keys).toEqual([`${tenant}/search/files/${id}`]);
    expect(existsSync(join(booted.get(CoreConfig).dataDir, 'blobs'))).toBe(false);
    expect((await search(ada, 'When does the harbour office open?'))[0]).toMatchObject({ documentId: id });

    const answer = await ada.get(`/v1/knowledge/files/${id}/content`);
    expect([answer.status, answer.text]).toEqual([302, '']);
    const file = await fetch(answer.headers.location as string);
    expect(await file.text()).toBe(HOURS);
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="hours.md"/);

    await ada.delete(`/v1/knowledge/files/${id}`);
    expect(s3.keys).toEqual([]);
  });

  it('pass through Atoll without that, and while the store is away are refused with 503', async () => {
    const ada = await boot();
    const { id } = await uploaded(ada, 'hours.md', HOURS);
    expect(await ada.get(`/v1/knowledge/files/${id}/content`)).toMatchObject({ status: 200, text: HOURS });
    s3.away = () => true;
    const refused = await ada.get(`/v1/knowledge/files/${id}/content`);
    expect(refused).toMatchObject({ status: 503, body: { type: expect.stringContaining('blob-store-unavailable') as string } });
  });
});
