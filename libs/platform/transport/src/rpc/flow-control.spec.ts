import { FlowControl } from './flow-control.js';

async function* parts(count: number, end?: Error): AsyncGenerator<number> {
  for (let at = 0; at < count; at++) yield at;
  if (end) throw end;
}

describe('a stream that is sent in batches', () => {
  it('has sent all that came before its failure when it fails', async () => {
    const sent: number[] = [];
    const slowly = async (batch: unknown[]): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      sent.push(...(batch as number[]));
    };
    await expect(new FlowControl(new AbortController().signal).run(parts(100, new Error('broke')), slowly)).rejects.toThrow('broke');
    expect(sent).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });

  it('fails, and leaves the source, when a batch cannot be sent', async () => {
    let left = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let at = 0; ; at++) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield at;
        }
      } finally {
        left = true;
      }
    }
    let batches = 0;
    const refusing = async (): Promise<void> => {
      batches += 1;
      if (batches === 2) throw new Error('too long');
    };
    await expect(new FlowControl(new AbortController().signal).run(endless(), refusing)).rejects.toThrow('too long');
    expect([left, batches]).toEqual([true, 2]);
  });

  it('sends nothing more to a reader who left', async () => {
    const reader = new AbortController();
    let sent = 0;
    const running = new FlowControl(reader.signal).run(parts(400), async (batch) => {
      sent += batch.length;
      reader.abort();
      await new Promise((resolve) => setTimeout(resolve, 1));
    });
    await running;
    expect(sent).toBeLessThanOrEqual(64);
  });
});
