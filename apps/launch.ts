import { Global, Module } from '@nestjs/common';
import { AppError, Authenticator, CoreConfig, createEdge, type Edge, environment, loadConfig, RemoteConfig } from '#kernel';
import { Tenancy } from '#tenancy';
import { placeContexts } from './placement.js';

/** Where tenancy runs in another process, credentials are verified there. */
@Global()
@Module({ providers: [{ provide: Authenticator, useExisting: Tenancy }], exports: [Authenticator] })
class RemoteAuthenticatorModule {}

/** Opens the process that the environment describes: its contexts, and the way to those elsewhere. Not yet listening. */
export async function launch(options: { publicHttp: boolean }): Promise<{ edge: Edge; core: CoreConfig }> {
  const config = loadConfig([CoreConfig, RemoteConfig], environment(), { peek: true });
  const core = config.get(CoreConfig) as CoreConfig;
  const { redisUrl } = config.get(RemoteConfig) as RemoteConfig;
  const { hosted, elsewhere } = await placeContexts(core.contexts, redisUrl);
  const tenancyIsElsewhere = elsewhere.some(({ token }) => (token as unknown) === Tenancy);
  const edge = await createEdge(hosted, { elsewhere, publicHttp: options.publicHttp, imports: tenancyIsElsewhere ? [RemoteAuthenticatorModule] : [] });
  return { edge, core };
}

/** Ends the process with words a person can act on: no stack where the message says what to do. */
export function refuseToStart(error: unknown): never {
  console.error(error instanceof AppError ? error.message : error);
  process.exit(1);
}
