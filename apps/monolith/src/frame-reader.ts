export interface Frame {
  id: number;
  event: string;
  data: unknown;
}

/** Puts the frames of a native stream together from chunks that break anywhere. */
export class FrameReader {
  private rest = '';

  read(chunk: string): Frame[] {
    const parts = (this.rest + chunk).split('\n\n');
    this.rest = parts.pop()!;
    return parts.flatMap((part) => {
      const fields = new Map(part.split('\n').filter((line) => !line.startsWith(':'))
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
      const [event, data] = [fields.get('event'), fields.get('data')];
      return event === undefined || data === undefined ? []
        : [{ id: Number(fields.get('id') ?? 0), event, data: JSON.parse(data) as unknown }];
    });
  }
}
