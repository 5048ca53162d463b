import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import type { ErrorDetails } from '#platform/core';
import { dtoShape } from '../routes/dto-shape.js';

type Fault = NonNullable<ErrorDetails['errors']>[0];

/** More than these are not looked for. */
export const MOST_FAULTS = 10;

/** Of reading without a turn of the event loop. */
const SLICE_MS = 5;

/**
 * Reads a parsed JSON value as an instance of a DTO class. Goes down level by level and stops at the first few faults: what a class does
 * not name is found before anything of it is looked at, and a field has one fault, not one for each of its rules.
 *
 * `@IsOptional()` lets null pass unlooked at, and a handler that expects a text or nothing then meets neither: a field that takes null says
 * so with `@ValidateIf((_, value) => value !== null)`; anywhere else null is refused like any other wrong value.
 */
export class DtoReader {
  readonly faults: Fault[] = [];
  private sliceEnds = performance.now() + SLICE_MS;

  async read(type: Type, value: unknown, pointer = ''): Promise<unknown> {
    if (!isObject(value)) return this.found(pointer, 'must be an object');
    const { fields, neverNull, nested } = dtoShape(type);
    for (const name of Object.keys(value)) {
      if (!fields.has(name)) this.found(at(pointer, name), 'is not a field of this request');
      else if (value[name] === null && neverNull.has(name)) this.found(at(pointer, name), 'must not be null; leave it out');
      if (this.full) return undefined;
    }
    const inside = [...nested].filter(([name]) => value[name] !== undefined && value[name] !== null);
    const instance = this.ownFields(type, value, inside.map(([name]) => name), pointer);
    for (const [name, { type: inner, each }] of inside) {
      if (this.full || this.faults.some((fault) => fault.pointer === at(pointer, name))) continue;
      const below = value[name];
      instance[name] = each && Array.isArray(below) ? await this.readAll(inner, below, at(pointer, name))
        : await this.read(inner, below, at(pointer, name));
    }
    return instance;
  }

  private async readAll(type: Type, items: unknown[], pointer: string): Promise<unknown[]> {
    const read = [];
    for (const [index, item] of items.entries()) {
      if (this.full) break;
      if (performance.now() > this.sliceEnds) {
        await nextTurn();
        this.sliceEnds = performance.now() + SLICE_MS;
      }
      read.push(await this.read(type, item, at(pointer, String(index))));
    }
    return read;
  }

  /** What holds other DTOs is held against the rules of its own field alone: as so many empty objects. */
  private ownFields(type: Type, value: Record<string, unknown>, inside: string[], pointer: string): Record<string, unknown> {
    const { fields } = dtoShape(type);
    const flat = Object.fromEntries(Object.entries(value).filter(([name]) => fields.has(name) && !inside.includes(name)));
    const instance = plainToInstance(type, flat) as Record<string, unknown>;
    for (const name of inside) instance[name] = Array.isArray(value[name]) ? value[name].map(standIn) : standIn(value[name]);
    for (const error of validateSync(instance, { forbidUnknownValues: false })) {
      if (this.full) break;
      const fault = at(pointer, error.property);
      if (!this.faults.some((one) => one.pointer === fault)) this.found(fault, detailOf(error));
    }
    return instance;
  }

  private get full(): boolean {
    return this.faults.length >= MOST_FAULTS;
  }

  private found(pointer: string, detail: string): undefined {
    this.faults.push({ pointer, detail });
  }
}

/** Of the rules that a field breaks the one written first, which says what it is; the last to be registered. */
function detailOf({ property, value, constraints = {} }: ValidationError): string {
  if (value === undefined) return 'is missing';
  const detail = Object.values(constraints).at(-1) ?? 'is not acceptable';
  return detail.startsWith(`${property} `) ? detail.slice(property.length + 1) : detail;
}

function standIn(value: unknown): unknown {
  return isObject(value) ? {} : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
