import 'reflect-metadata';

interface EnvOptions {
  /** One sentence: what it changes, its unit, what happens without it. Printed in docs/configuration.md. */
  description: string;
  /** Never printed, never logged. */
  secret?: boolean;
  /** Shown in the reference in place of the default, where the default depends on the machine or on other keys. */
  defaultText?: string;
}

export interface EnvKey extends EnvOptions {
  name: string;
  property: string;
  type: 'string' | 'number' | 'boolean' | 'list';
}

const KEYS = Symbol('atoll.env');

/**
 * Binds a property of a config class to an environment variable. The property's initial value is the default, its type decides how the
 * text is read (string, number, boolean, string[]), and class-validator decorators beside it decide what is accepted.
 */
export function Env(name: string, options: EnvOptions): PropertyDecorator {
  return (target, property) => {
    const design = Reflect.getMetadata('design:type', target, property) as unknown;
    const type = design === Number ? 'number' : design === Boolean ? 'boolean' : design === Array ? 'list' : 'string';
    const keys: EnvKey[] = [...(Reflect.getMetadata(KEYS, target.constructor) as EnvKey[] | undefined ?? [])];
    keys.push({ ...options, name, property: String(property), type });
    Reflect.defineMetadata(KEYS, keys, target.constructor);
  };
}

export type ConfigClass = new () => object;

export function envKeys(config: ConfigClass): EnvKey[] {
  return (Reflect.getMetadata(KEYS, config) as EnvKey[] | undefined) ?? [];
}
