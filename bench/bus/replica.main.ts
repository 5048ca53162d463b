import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { PlatformModule } from '#platform/runtime';
import { RangeModule, type Shot, clock, counted, range } from './house.js';

/** One of the consumers: Atoll's, a bare reader of a Redis stream, or a bare BullMQ worker. Tells its parent what it handled, and how late. */
const [kind, redisUrl] = process.argv.slice(2) as ['atoll' | 'streams' | 'bullmq', string];
const late: number[] = [];
counted.one = (at) => void late.push(clock() - at);
setInterval(() => late.length > 0 && process.send!(late.splice(0)), 20);
process.once('disconnect', () => process.exit(0));

if (kind === 'atoll') await consumeEvents();
else if (kind === 'bullmq') await consumeJobs();
else void consumeStream();
process.send!('up');

async function consumeEvents(): Promise<void> {
  @Module({ imports: [PlatformModule.forRoot({ wirings: [range] }), RangeModule] })
  class App {}

  await NestFactory.createApplicationContext(App, { logger: false });
}

async function consumeJobs(): Promise<void> {
  const worker = new Worker<Shot>('range', (job) => Promise.resolve(counted.one(job.data.at)), { connection: new Redis(redisUrl, { maxRetriesPerRequest: null }), concurrency: 64 });
  await worker.waitUntilReady();
}

async function consumeStream(): Promise<void> {
  const redis = new Redis(redisUrl);
  await redis.xgroup('CREATE', 'range', 'range', '0', 'MKSTREAM').catch(() => undefined);
  for (;;) {
    const found = (await redis.xreadgroup('GROUP', 'range', String(process.pid), 'COUNT', 64, 'BLOCK', 1_000, 'STREAMS', 'range', '>')) as [string, [string, string[]][]][] | null;
    for (const [, entries] of found ?? []) {
      for (const [, fields] of entries) counted.one((JSON.parse(fields[1]!) as Shot).at);
      void redis.xack('range', 'range', ...entries.map(([id]) => id));
    }
  }
}
