import type { House } from './house.js';

/** A way of hurting the house. `strike` does it, `heal` takes it back as an operator or a supervisor would. */
export interface Fault {
  says: string;
  /** How often it comes in a deck of rounds. */
  inDeck: number;
  /** Processes it is about, at most. */
  targets?: number;
  /** Shortest and longest. */
  lastsMs: [number, number];
  strike(house: House, targets: string[]): Promise<unknown>;
  heal(house: House, targets: string[]): Promise<unknown>;
}

const each = (targets: string[], work: (name: string) => Promise<unknown>): Promise<unknown> => Promise.all(targets.map(work));

const table = {
  'processes-killed': {
    says: 'kill -9',
    inDeck: 4,
    targets: 3,
    lastsMs: [0, 2_000],
    strike: ({ fleet }, targets) => each(targets, (name) => fleet.end(name, 'SIGKILL')),
    heal: ({ fleet }, targets) => each(targets, (name) => fleet.restart(name)),
  },
  'processes-frozen': {
    // Longer than the leases: others take over what the frozen one holds, which then wakes up and goes on as if nothing had been.
    says: 'SIGSTOP, then SIGCONT',
    inDeck: 2,
    targets: 2,
    lastsMs: [500, 12_000],
    strike: ({ fleet }, targets) => each(targets, async (name) => fleet.signal(name, 'SIGSTOP')),
    heal: ({ fleet }, targets) => each(targets, async (name) => fleet.signal(name, 'SIGCONT')),
  },
  'redis-killed': {
    says: 'kill -9 of Redis, which comes back with its data',
    inDeck: 1,
    lastsMs: [0, 3_000],
    strike: ({ redis }) => redis.kill(),
    heal: ({ redis }) => redis.start(),
  },
  'redis-wiped': {
    says: 'kill -9 of Redis, which comes back empty',
    inDeck: 1,
    lastsMs: [0, 3_000],
    strike: ({ redis }) => redis.kill(),
    heal: ({ redis }) => redis.start({ empty: true }),
  },
  'redis-frozen': {
    says: 'SIGSTOP of Redis',
    inDeck: 1,
    lastsMs: [500, 6_000],
    strike: async ({ redis }) => redis.signal('SIGSTOP'),
    heal: async ({ redis }) => redis.signal('SIGCONT'),
  },
  'postgres-stopped': {
    says: 'immediate stop of Postgres',
    inDeck: 2,
    lastsMs: [0, 3_000],
    strike: ({ postgres }) => postgres.crash(),
    heal: ({ postgres }) => postgres.again(),
  },
  'database-disk-full': {
    says: 'the disk of Postgres is full',
    inDeck: 1,
    lastsMs: [1_000, 5_000],
    strike: async ({ disks }) => disks!.database.fill(),
    heal: async ({ disks, postgres }) => {
      disks!.database.empty();
      await postgres.again();
    },
  },
  'files-disk-full': {
    says: 'the disk of uploaded files is full',
    inDeck: 1,
    lastsMs: [1_000, 5_000],
    strike: async ({ disks }) => disks!.files.fill(),
    heal: async ({ disks }) => disks!.files.empty(),
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof table;

export const faults: Record<FaultName, Fault> = table;

/** They need a file system of their own, which only root can make. */
export const DISK_FAULTS: FaultName[] = ['database-disk-full', 'files-disk-full'];
