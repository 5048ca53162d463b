import { type Egress, UndiciEgress } from '#platform/adapters';
import { contextGraph } from '../../../graph.js';
import { readUrls } from '../../../placement.js';
import { type Finding, Findings } from './finding.js';
import type { Patient } from './patient.js';

const PATIENCE_MS = 5_000;

/** Servers that this process calls: the HTTP of contexts elsewhere, the model, the collector of traces. */
export async function examineReach(patient: Patient): Promise<Finding[]> {
  const egress = new UndiciEgress();
  try {
    return (await Promise.all([...forwards(egress, patient), model(egress, patient), collector(egress, patient)])).flat();
  } finally {
    await egress.onApplicationShutdown();
  }
}

function forwards(egress: Egress, { env, hosted }: Patient): Promise<Finding[]>[] {
  return [...readUrls(env, contextGraph()).urls].map(async ([context, urls]) => {
    const found = new Findings('reach');
    const key = `ATOLL_URL_${context.toUpperCase()}`;
    if (hosted.some(({ name }) => name === context))
      found.warning(`${key} is set, and this process hosts ${context} itself`, `Take ${key} away, or ${context} out of ATOLL_CONTEXTS.`);
    const mend = `Start the process that hosts ${context}, or mend ${key}: the address without a path, as in http://${context}:3000.`;
    for (const { origin, host } of urls) {
      const at = urls.length > 1 ? `${key} (${host})` : key;
      const answer = await ask(egress, `${origin}/health/ready`);
      if (answer === undefined) found.fault(`${context} does not answer at ${at}`, mend);
      else if (answer === 503) found.warning(`${context} answers at ${at} and is not ready`, 'Wait until it is, or run the doctor there.');
      else if (answer !== 200) found.fault(`${at} answers ${answer} to /health/ready, as Atoll does not`, mend);
      else found.ok(`${context} is ready at ${at}`);
    }
    return found.all;
  });
}

async function model(egress: Egress, { embedding: { openAiKey, openAiBaseUrl } }: Patient): Promise<Finding[]> {
  const found = new Findings('model');
  if (!openAiKey && !openAiBaseUrl) {
    found.ok('offline, built in');
    return found.all;
  }
  const base = (openAiBaseUrl ?? 'https://api.openai.com/v1').replace(/\/+$/, '');
  const { hostname } = new URL(base);
  const answer = await ask(egress, `${base}/models`, openAiKey && `Bearer ${openAiKey}`);
  if (answer === undefined) found.fault(`${hostname} does not answer`,
    'Check OPENAI_BASE_URL (with its /v1), the network and the proxy. Until then every answer fails.');
  else if (answer === 401 || answer === 403)
    found.fault(`${hostname} refuses the key (${answer})`, 'Set OPENAI_API_KEY to a key that is in force there.');
  else if (answer >= 400) found.warning(`${hostname} answers ${answer} to GET ${new URL(base).pathname}/models`,
    'Check that OPENAI_BASE_URL ends in /v1; a server without a list of models is fine.');
  else found.ok(`${hostname} answers`);
  return found.all;
}

async function collector(egress: Egress, { observability: { otlpEndpoint } }: Patient): Promise<Finding[]> {
  if (!otlpEndpoint) return [];
  const found = new Findings('traces');
  const answer = await ask(egress, otlpEndpoint);
  if (answer === undefined)
    found.warning('nobody listens at OTEL_EXPORTER_OTLP_ENDPOINT, so traces are lost', 'Start the collector, or take the setting away.');
  else found.ok('the collector listens');
  return found.all;
}

/** The status of the answer; undefined without one. */
async function ask(egress: Egress, url: string, authorization?: string): Promise<number | undefined> {
  try {
    const response = await egress.fetch(url, { headers: authorization ? { authorization } : {}, signal: AbortSignal.timeout(PATIENCE_MS) },
      { purpose: 'doctor', trust: 'operator', timeoutMs: PATIENCE_MS, maxRedirects: 0 });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}
