import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { newId } from '#platform/core';
import { PlatformModule } from '#platform/runtime';
import { RangeModule, type Shot, clock, counted, range } from './house.js';

/** One of the consumers: Atoll's, or a bare BullMQ worker. Tells its parent what it handled, and how late. */
const [kind, redisUrl, adminUrl] = process.argv.slice(2) as ['atoll' | 'bullmq', string, string];
const late: number[] = [];
counted.one = (at) => void late.push(clock() - at);
setInterval(() => late.length > 0 && process.send!(late.splice(0)), 20);
process.once('disconnect', () => process.exit(0));

if (kind === 'atoll') await consumeEvents();
else await consumeJobs();
process.send!('up');

async function consumeEvents(): Promise<void> {
  @Module({ imports: [PlatformModule.forRoot({ wirings: [range] }), RangeModule] })
  class App {}

  await NestFactory.createApplicationContext(App, { logger: false });
}

async function consumeJobs(): Promise<void> {
  const pool = new pg.Pool({ connectionString: adminUrl, max: 10 });
  const work = async (at: number): Promise<void> => {
    await pool.query({ name: 'effect', text: 'insert into bare_effect (id, at) values ($1, $2)', values: [newId(), at] });
    counted.one(at);
  };
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const worker = new Worker<Shot>('range', (job) => work(job.data.at), { connection, concurrency: 64 });
  await worker.waitUntilReady();
}
