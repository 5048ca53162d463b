import type { CoreConfig } from '#platform/core';
import type { Credentials } from './demo.js';

/** What a new user reads when the demo is ready: where it is, how to sign in, and a line to paste. */
export function banner({ url, email, password, apiKey }: Credentials, core: Pick<CoreConfig, 'dataDir' | 'databaseUrl'>): string {
  return `
  Atoll is up at ${url}        routes: ${url}/docs
  database       ${core.databaseUrl ? 'Postgres (DATABASE_URL)' : `embedded Postgres in ${core.dataDir}/data`}
  sign-in        ${email}  ${password}
  API key        ${apiKey}
  (kept in ${core.dataDir}/credentials.json)

  Ask:   npm run ask -- "How do I move search into its own pod?"
  or:    curl -N ${url}/v1/chat/completions -H "authorization: Bearer ${apiKey}" -H "content-type: application/json" \\
           -d '{"model":"default","stream":true,"messages":[{"role":"user","content":"How do I move search into its own pod?"}]}'

  Stop with Ctrl-C. Everything is kept for the next start.
`;
}
