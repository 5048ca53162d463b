import { FrameReader } from './frame-reader.js';

const stream = 'id: 1\nevent: run.started\ndata: {"a":1}\n\n: keep-alive\n\nid: 2\nevent: answer.delta\ndata: {"text":"x: ' +
  'y\\n\\n"}\n\nretry: 5\n\n';

describe('FrameReader', () => {
  it('reads the same frames wherever the chunks break', () => {
    const whole = new FrameReader().read(stream);
    expect(whole).toEqual([{ id: 1, event: 'run.started', data: { a: 1 } }, { id: 2, event: 'answer.delta', data: { text: 'x: y\n\n' } }]);
    for (let size = 1; size < stream.length; size++) {
      const reader = new FrameReader();
      const found = [];
      for (let at = 0; at < stream.length; at += size) found.push(...reader.read(stream.slice(at, at + size)));
      expect(found).toEqual(whole);
    }
  });
});
