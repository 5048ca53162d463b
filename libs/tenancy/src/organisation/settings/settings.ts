import { Type, plainToInstance } from 'class-transformer';
import { IsInt, IsString, IsUrl, Matches, Max, MaxLength, Min, MinLength, ValidateIf, ValidateNested, type ValidationError,
  validateSync } from 'class-validator';
import { IsMailbox } from '../email/address.js';
import { AppError } from '#platform/core';
import type { Branding, Retention, TenantSettings } from '../../contract.js';

const COLOUR = /^#[0-9a-f]{6}$/i;
const unlessNull = ValidateIf((_, value) => value !== null);

export class BrandingSettings implements Branding {
  @unlessNull @IsString() @MinLength(1) @MaxLength(120)
  displayName: string | null = null;

  @unlessNull @IsUrl({ protocols: ['https'], require_protocol: true }) @MaxLength(2_000)
  logoUrl: string | null = null;

  @Matches(COLOUR, { message: 'must be a colour such as #0f766e' })
  primaryColor: string = '#0f766e';

  @Matches(COLOUR, { message: 'must be a colour such as #0f766e' })
  accentColor: string = '#f59e0b';

  @unlessNull @IsMailbox()
  supportEmail: string | null = null;
}

export class RetentionSettings implements Retention {
  @unlessNull @IsInt() @Min(1) @Max(36_500)
  conversationDays: number | null = null;

  @unlessNull @IsInt() @Min(1) @Max(36_500)
  runDays: number | null = null;

  @unlessNull @IsInt() @Min(1) @Max(36_500)
  usageDays: number | null = null;

  @unlessNull @IsInt() @Min(1) @Max(36_500)
  analyticsDays: number | null = null;
}

/** Every setting a tenant has, with its rule and its default. A section is a class of plain fields. */
class Settings implements TenantSettings {
  @ValidateNested() @Type(() => BrandingSettings)
  branding: BrandingSettings = new BrandingSettings();

  @ValidateNested() @Type(() => RetentionSettings)
  retention: RetentionSettings = new RetentionSettings();
}

type Section = Record<string, unknown>;

/**
 * What a tenant chose, by section and field; all else has its default. This is what is stored, so a default that changes reaches everybody.
 */
export type Chosen = Record<string, Section>;

const SECTIONS = new Map(Object.entries(new Settings()).map(([name, defaults]) => [name, new Set(Object.keys(defaults as object))]));

/** The whole, with defaults. Refuses what breaks a rule, naming every field that does. */
export function whole(chosen: Chosen): TenantSettings {
  const defaults = new Settings() as unknown as Record<string, Section>;
  const all = Object.fromEntries([...SECTIONS.keys()].map((name) => [name, { ...defaults[name], ...chosen[name] }]));
  const faults = validateSync(plainToInstance(Settings, all), { forbidUnknownValues: true }).flatMap((fault) =>
    faultsOf(fault, '/settings'));
  if (faults.length > 0) throw refused(faults);
  return all as unknown as TenantSettings;
}

/** `chosen` with the fields of `change`; a field that is null goes back to its default. Names that no rule knows are refused. */
export function mergedSettings(chosen: Chosen, change: unknown): Chosen {
  const next = new Map(Object.entries(chosen).map(([name, section]) => [name, new Map(Object.entries(section))]));
  for (const [name, fields] of entriesOf(change, '/settings')) {
    const known = SECTIONS.get(name);
    if (!known) throw refused([{ pointer: `/settings/${name}`, detail: 'is no section of the settings' }]);
    const section = next.get(name) ?? new Map<string, unknown>();
    for (const [field, value] of entriesOf(fields, `/settings/${name}`)) {
      if (!known.has(field)) throw refused([{ pointer: `/settings/${name}/${field}`, detail: 'is no setting' }]);
      if (value === null) section.delete(field);
      else section.set(field, value);
    }
    next.set(name, section);
  }
  return Object.fromEntries([...next].map(([name, section]) => [name, Object.fromEntries(section)]));
}

interface Refusal {
  pointer: string;
  detail: string;
}

function entriesOf(value: unknown, pointer: string): [string, unknown][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw refused([{ pointer, detail: 'must be an object' }]);
  return Object.entries(value);
}

function faultsOf({ property, constraints = {}, children = [] }: ValidationError, above: string): Refusal[] {
  const pointer = `${above}/${property}`;
  const details = Object.values(constraints).map((detail) => detail.replace(`${property} `, ''));
  return [...(details.length > 0 ? [{ pointer, detail: details.join(', ') }] : []),
    ...children.flatMap((child) => faultsOf(child, pointer))];
}

function refused(errors: Refusal[]): AppError {
  return new AppError('invalid', 'tenancy.settings',
    `Nothing was changed: ${errors.map(({ pointer, detail }) => `${pointer.slice(1).replaceAll('/', '.')} ${detail}`).join('; ')}.`,
    { errors });
}
