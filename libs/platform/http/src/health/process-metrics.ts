import { statfs } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics } from 'prom-client';
import { metrics } from '#platform/core';
import type { OpenStreams } from '../sse/open-streams.js';

let collecting = false;

/** Memory, CPU, garbage collection, event loop and disk of the process, and the open streams of its edge. */
export function measureProcess(streams: OpenStreams, dataDir: string): void {
  metrics.gauge('atoll_http_open_streams', 'Streams open now', () => streams.size);
  metrics.gauge('atoll_data_folder_free_bytes', 'Free on the disk of ATOLL_DATA_DIR', () => freeBytes(dataDir));
  if (collecting) return;
  collecting = true;
  collectDefaultMetrics({ register: metrics.registry });
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  metrics.gauge('atoll_event_loop_delay_p99_seconds', 'Event loop delay since the last scrape, 99th percentile', () => {
    const seconds = delay.percentile(99) / 1e9;
    delay.reset();
    return seconds;
  });
}

/** Not a number for a folder that nothing was written to yet. */
async function freeBytes(folder: string): Promise<number> {
  const disk = await statfs(folder).catch(() => undefined);
  return disk ? disk.bavail * disk.bsize : Number.NaN;
}
