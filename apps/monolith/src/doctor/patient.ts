import { AppError, type ConfigClass, CoreConfig, loadConfig, ObservabilityConfig } from '#platform/core';
import { type ContextWiring, PLATFORM_CONFIG } from '#platform/runtime';
import { BlobsConfig, EmbeddingConfig, MailConfig } from '#platform/adapters';
import { RedisConfig } from '#platform/transport';
import { DatabaseConfig } from '#platform/database';
import { contexts } from '../../../contexts.js';
import { contextGraph } from '../../../graph.js';
import { placementFaults, readUrls } from '../../../placement.js';
import { type Finding, Findings } from './finding.js';

/** The process that this environment describes, as far as its settings can be read. */
export interface Patient {
  env: NodeJS.ProcessEnv;
  core: CoreConfig;
  blobs: BlobsConfig;
  database: DatabaseConfig;
  remote: RedisConfig;
  embedding: EmbeddingConfig;
  observability: ObservabilityConfig;
  mail: MailConfig;
  /** The contexts it hosts; with a faulty ATOLL_CONTEXTS those of its names that exist. */
  hosted: ContextWiring[];
}

/** Reads the environment as a start would, but goes on after a fault: what can be read is looked at all the same. */
export async function admit(env: NodeJS.ProcessEnv): Promise<{ patient: Patient; findings: Finding[] }> {
  const settings = new Findings('settings');
  const peeked = loadConfig(
    [CoreConfig, BlobsConfig, DatabaseConfig, RedisConfig, EmbeddingConfig, ObservabilityConfig, MailConfig], env, { peek: true },
  );
  const core = peeked.get(CoreConfig) as CoreConfig;
  const remote = peeked.get(RedisConfig) as RedisConfig;
  const hosted = await hostedBy(core, remote, env, settings);
  try {
    const elsewhere = await Promise.all(
      contexts.filter(({ contract }) => !hosted.some(({ name }) => name === contract.name)).map(({ load }) => load()));
    loadConfig([...PLATFORM_CONFIG, ...hosted.flatMap(({ config }) => config)] as ConfigClass[], env,
      { elsewhere: elsewhere.flatMap(({ context }) => context.config) });
    settings.ok(`all are understood; this process hosts ${core.contexts.join(', ')}`);
  } catch (error) {
    for (const { pointer, detail } of faultsOf(error))
      settings.fault(`${pointer} ${detail}`, `Mend ${pointer}; docs/configuration.md lists what is accepted.`);
  }
  const secretless = !core.secret && !core.production && remote.redisUrl !== undefined;
  if (secretless) settings.warning('ATOLL_SECRET is not set, so each data folder makes its own, and processes with different ones drop ' +
    'each other\'s calls', 'Set the same ATOLL_SECRET for all processes: openssl rand -base64 48.');
  return {
    patient: {
      env, core, remote, hosted,
      blobs: peeked.get(BlobsConfig) as BlobsConfig,
      database: peeked.get(DatabaseConfig) as DatabaseConfig,
      embedding: peeked.get(EmbeddingConfig) as EmbeddingConfig,
      observability: peeked.get(ObservabilityConfig) as ObservabilityConfig,
      mail: peeked.get(MailConfig) as MailConfig,
    },
    findings: settings.all,
  };
}

function hostedBy(core: CoreConfig, remote: RedisConfig, env: NodeJS.ProcessEnv, settings: Findings): Promise<ContextWiring[]> {
  const names = core.contexts.includes('all') ? contexts.map(({ contract }) => contract.name)
    : core.contexts.filter((name) => name !== 'none');
  const graph = contextGraph();
  const { urls, faults } = readUrls(env, graph);
  for (const { name, fault } of [...faults, ...placementFaults(names, graph, remote.redisUrl !== undefined, urls)])
    settings.fault(`${name} ${fault}`, 'See docs/split.md.');
  const known = contexts.filter(({ contract }) => names.includes(contract.name));
  return Promise.all(known.map(async ({ load }) => (await load()).context));
}

function faultsOf(error: unknown): { pointer: string; detail: string }[] {
  if (!(error instanceof AppError) || !error.details.errors) throw error;
  return error.details.errors;
}
