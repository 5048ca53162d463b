import { validateSync } from 'class-validator';
import { AppError } from '../errors/app-error.js';
import { type ConfigClass, type EnvKey, envKeys } from './env.decorator.js';

/** One faulty variable: its name and what is wrong, never its value. */
export interface ConfigFault {
  name: string;
  fault: string;
}

interface LoadOptions {
  /** Only looks, before all classes are known: faults are left to the whole load that follows and tells them together. */
  peek?: boolean;
  /** Classes of contexts that other processes host: their variables are known, and not read. All pods may share one environment. */
  elsewhere?: ConfigClass[];
}

/** The only reader of `process.env`: everything else gets a config class injected. */
export function environment(): NodeJS.ProcessEnv {
  return process.env;
}

/**
 * Reads all config classes at once and tells every fault at once, by name and never by value. Unknown `ATOLL_` variables are faults
 * too: a misspelt switch that is silently ignored costs an evening.
 */
export function loadConfig(classes: ConfigClass[], env: NodeJS.ProcessEnv = environment(),
  options: LoadOptions = {}): Map<ConfigClass, object> {
  const faults: ConfigFault[] = [];
  const loaded = new Map<ConfigClass, object>();
  const known = new Set((options.elsewhere ?? []).flatMap(settingNames));
  for (const config of new Set(classes)) {
    const instance = new config() as Record<string, unknown>;
    for (const key of envKeys(config)) {
      known.add(key.name);
      const text = env[key.name];
      if (text === undefined || text === '') continue;
      const value = read(key, text);
      if (value === undefined) faults.push({ name: key.name, fault: `must be a ${key.type}` });
      else instance[key.property] = value;
    }
    const unread = new Set(faults.map((fault) => fault.name));
    for (const problem of validateSync(instance, { forbidUnknownValues: false })) {
      const key = envKeys(config).find((one) => one.property === problem.property);
      const name = key?.name ?? problem.property;
      if (unread.has(name)) continue;
      const rules = Object.values(problem.constraints ?? { invalid: 'is not acceptable' });
      faults.push({ name, fault: rules.map((rule) => rule.replace(new RegExp(`^(each value in )?${problem.property} `), '')).join('; ') });
    }
    loaded.set(config, instance);
  }
  if (!options.peek) faults.push(
    ...unknownSettings(known, env).map((name) => ({ name, fault: 'is not a setting of Atoll (see docs/configuration.md)' })));
  if (faults.length > 0 && !options.peek) throw configError(faults);
  return loaded;
}

/** Variables that look like settings of Atoll and are none of `known`. */
export function unknownSettings(known: Set<string>, env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env).filter((name) =>
    name.startsWith('ATOLL_') && !known.has(name) && !PATTERNS.some((pattern) => pattern.test(name)));
}

export function settingNames(config: ConfigClass): string[] {
  return envKeys(config).map(({ name }) => name);
}

/** Families of keys whose last part is a context's name; and the switches of the test runner, which the processes it starts inherit. */
const PATTERNS = [/^ATOLL_URL_[A-Z]+$/, /^ATOLL_(MIGRATION_DATABASE|DATABASE|DATABASE_DIRECT)_URL_[A-Z]+$/, /^ATOLL_(PROVE|TEST_[A-Z_]+)$/];

function read(key: EnvKey, text: string): unknown {
  switch (key.type) {
    case 'number': {
      const value = Number(text);
      return Number.isFinite(value) ? value : undefined;
    }
    case 'boolean':
      return /^(true|1|yes|on)$/i.test(text) ? true : /^(false|0|no|off)$/i.test(text) ? false : undefined;
    case 'list':
      return text.split(',').map((item) => item.trim()).filter((item) => item !== '');
    case 'string':
      return text;
  }
}

export function configError(faults: ConfigFault[]): AppError {
  const lines = faults.map(({ name, fault }) => `  ${name} ${fault}`);
  return new AppError(
    'invalid',
    'kernel.config',
    `Atoll did not start: ${faults.length} setting${faults.length > 1 ? 's are' : ' is'} wrong.\n${lines.join('\n')}\nMend them in the ` +
      `environment and start again; docs/configuration.md lists every setting.`,
    { errors: faults.map(({ name, fault }) => ({ pointer: name, detail: fault })) },
  );
}
