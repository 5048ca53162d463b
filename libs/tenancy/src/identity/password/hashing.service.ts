import { Injectable } from '@nestjs/common';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { AppError } from '#platform/core';
import { normalPassword } from './policy.js';

/**
 * Argon2id with the least that OWASP's Password Storage Cheat Sheet asks for: 19 MiB, 2 passes, 1 lane; 18 ms of one core on the
 * machine of docs/benchmarks.md. A change here re-hashes each password at its next sign-in.
 */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Argon2 runs on libuv's four threads, which file system and DNS share: two hashes at a time leave half of them. */
const AT_ONCE = 2;
/** About 0.6 s of waiting; beyond it a flood of sign-ins is turned away rather than queued without end. */
const MOST_WAITING = 64;

/** Hashes and compares passwords off the event loop, a bounded number at a time. */
@Injectable()
export class HashingService {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  /** Compared against where no such person exists, so that the answer takes as long as for one who does. */
  private decoy: Promise<string> | undefined;

  async hash(password: string): Promise<string> {
    return this.gated(() => hash(normalPassword(password), COST));
  }

  /** Same cost whether there is a hash to compare with or not. */
  async matches(password: string, stored: string | null | undefined): Promise<boolean> {
    const decoy = await (this.decoy ??= this.hash('nobody has this password'));
    const same = await this.gated(() => verify(stored ?? decoy, normalPassword(password)));
    return same && stored != null;
  }

  outdated(stored: string): boolean {
    const { memoryCost, timeCost, parallelism } = parseOptions(stored);
    return memoryCost !== COST.memoryCost || timeCost !== COST.timeCost || parallelism !== COST.parallelism;
  }

  private async gated<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= AT_ONCE) {
      if (this.waiting.length >= MOST_WAITING) throw busy();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}

function busy(): AppError {
  return new AppError('unavailable', 'tenancy.sign-in-busy',
    'Too many people are signing in at this moment, so this attempt was not looked at. Try again in a few seconds.',
    { retryAfterSeconds: 2 });
}
