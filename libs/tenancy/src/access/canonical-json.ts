/** JSON with the keys of every object in order: one text for one value. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    const isObject = part !== null && typeof part === 'object' && !Array.isArray(part);
    return isObject ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part;
  });
}
