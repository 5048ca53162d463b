const formats = new Map<string, Intl.DateTimeFormat>();

/** The ISO day of a moment in a time zone, by the platform's own zone data: databases differ in which names they know. */
export function dayIn(timeZone: string, at: Date): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(timeZone, format);
  }
  return format.format(at);
}
