/** A body that costs more than it should wherever something is done for each of its parts; `size` is how many there are. */
type HeavyBody = (size: number) => string;

const list = (item: string, size: number): string => `[${Array(size).fill(item).join(',')}]`;
const fields = (size: number, value = '1', name: (at: number) => string = (at) => `k${at}`): string =>
  `{${Array.from({ length: size }, (_, at) => `"${name(at)}":${value}`).join(',')}}`;
const nested = (open: string, close: string, size: number): string => `${open.repeat(size)}1${close.repeat(size)}`;
const text = (part: string, size: number): string => JSON.stringify(part.repeat(size));

export const HEAVY_BODIES: Record<string, HeavyBody> = {
  'fields': (size) => fields(size),
  'fields with long names': (size) => fields(Math.ceil(size / 10), '1', (at) => `${'n'.repeat(100)}${at}`),
  'one endless name': (size) => `{${text('n', size * 12)}:1}`,
  'the same field again and again': (size) => fields(size, '{}', () => 'name'),
  'numbers as names': (size) => fields(size, '1', (at) => String(at * 7_919)),
  'names of Object': (size) => fields(size, 'null', (at) => ['toString', 'valueOf', 'hasOwnProperty', 'length',
  'then'][at % 5]! + (at % 50)),
  '__proto__ deep inside': (size) => `{"a":${list('{"__proto__":{"x":1}}', Math.ceil(size / 3))}}`,
  'ones': (size) => list('1', size),
  'empty objects': (size) => list('{}', size),
  'empty lists': (size) => list('[]', size),
  'deep lists': (size) => nested('[', ']', size),
  'deep objects': (size) => nested('{"a":', '}', size),
  'never closed': (size) => '{"a":['.repeat(size),
  'escapes': (size) => `{"a":${'"' + '\\u0061'.repeat(size * 2) + '"'}}`,
  'backslashes': (size) => `{"a":"${'\\\\'.repeat(size * 6)}"}`,
  'spaces': (size) => `{${' '.repeat(size * 12)}}`,
  'digits': (size) => `{"a":${'9'.repeat(size * 12)}}`,
};

/** The same under a name that the route knows. */
export const HEAVY_VALUES: Record<string, HeavyBody> = {
  'a long text': (size) => text('a', size * 12),
  'a long text of @': (size) => text('a@', size * 6),
  'a long address': (size) => text('https://a.', Math.ceil(size * 1.2)),
  'wide characters': (size) => text('ﷺ', size * 4),
  'ones': (size) => list('1', size),
  'texts': (size) => list('"x"', size),
  'empty objects': (size) => list('{}', size),
  'objects of wrong fields': (size) => list('{"question":1,"answer":null,"role":2,"value":3}', Math.ceil(size / 5)),
  'lists': (size) => list('[[]]', Math.ceil(size / 2)),
  'fields': (size) => fields(size),
  'fields of fields': (size) => fields(Math.ceil(size / 3), '{"a":{}}'),
};

/** From what every route parses to what none does: members of a body of a megabyte at most. */
export const HEAVY_SIZES = [180, 900, 2_900, 9_000, 80_000];
