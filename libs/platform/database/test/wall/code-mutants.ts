/** One line of the wall's program taken out or turned round. `find` must stand in the file exactly once. */
export interface CodeMutant {
  name: string;
  file: string;
  find: string;
  replace: string;
}

const db = (name: string, file: string, find: string, replace: string): CodeMutant =>
  ({ name, file: `database/src/${file}`, find, replace });

export const codeMutants: CodeMutant[] = [
  db('a statement without a tenant is sent', 'connection/db-scope.ts', 'if (!isId(tenantId)) throw noTenant();', ''),
  db(
    'any text is taken for a tenant', 'connection/db-scope.ts', 'if (!isId(tenantId)) throw noTenant();',
    'if (tenantId === undefined) throw noTenant();',
  ),
  db(
    'the pinned tenant is not asserted', 'connection/db-scope.ts',
    'if (scope.tenantId !== \'\' && flow?.scope?.tenantId !== scope.tenantId) throw tenantChanged();', '',
  ),
  db(
    'the tenant is not asked again when the statement is sent', 'connection/pooled-connection.ts',
    '    assertSameTenant(this.scope, flow);\n', '',
  ),
  db(
    'a unit lets other contexts in', 'connection/work-frame.ts',
    'if (frame.transaction && !frame.over) throw crossContext(context, frame.context);', '',
  ),
  db('a unit that is over lets stragglers in', 'context-db.ts', 'frame.over = true;', ''),
  db('system work inside a tenant\'s unit', 'context-db.ts', 'if (frame.scope.role !== scope.role) throw systemInsideTenant();', ''),
  db(
    'system work as the ordinary role', 'connection/db-scope.ts', 'role: systemRole(context), tenantId: \'\'',
    'role: contextRole(context), tenantId: \'\'',
  ),
  db(
    'a nested unit opens one of its own', 'context-db.ts',
    'if (frame?.transaction) return frame.transaction.join(work);\n    const transaction', 'const transaction',
  ),
  db(
    'a repository does not join the unit', 'context-db.ts',
    'return frame?.transaction ? new JoinedConnection(frame.transaction) : new OwnConnection(await this.pool.checkout(scope));',
    'return new OwnConnection(await this.pool.checkout(scope));',
  ),
  db(
    'SQL does not join the unit', 'context-db.ts',
    'if (frame?.transaction) return (await frame.transaction.connection.query(sql, params, flow)).rows as R[];', '',
  ),
  db('afterCommit does not wait', 'context-db.ts', 'if (transaction) transaction.afterCommit(work);\n    else work();', 'work();'),
  db(
    'a swallowed failure of a joined unit is forgotten', 'connection/transaction.ts',
    'if (this.doomed) throw transactionDoomed(this.doomed.cause);', '',
  ),
  db(
    'the tag of COMMIT is not looked at', 'connection/pooled-connection.ts',
    'if (command !== \'COMMIT\') throw rolledBack(this.failure);', '',
  ),
  db(
    'a connection works after it was given back', 'connection/pooled-connection.ts',
    'if (this.released) throw misuse(\'A database connection was used after it had been given back.\');', '',
  ),
  db('a connection is given back as it is', 'connection/pooled-connection.ts', 'destroy || this.client.unfit !== undefined', 'destroy'),
  db(
    'a unit does not begin a transaction', 'connection/pooled-connection.ts', 'return { begin, scope: this.scope };',
    'return { begin: false, scope: this.scope };',
  ),
  db(
    'the callback of a checkout runs in any flow', 'connection/tenant-pool.ts', 'return AsyncResource.bind(callback);', 'return callback;',
  ),
  db(
    'a connection keeps the flow it was born in', 'connection/tenant-pool.ts',
    'this.nowhere.runInAsyncScope(() => (pg.Pool.prototype as unknown as { newClient(waiter: unknown): void }).newClient.call(this, ' +
    'waiter));',
    '(pg.Pool.prototype as unknown as { newClient(waiter: unknown): void }).newClient.call(this, waiter);',
  ),
  db('a dead connection is handed on', 'connection/checkout-queue.ts', 'if (!held.client.unfit) return', 'return'),
  db(
    'the raw pool is open', 'connection/tenant-pool.ts', 'override query(): never {\n',
    'override query(): never {\n    if (1) return undefined as never;\n',
  ),
  db(
    'the raw connection is open', 'connection/tenant-client.ts', 'override query(): never {\n',
    'override query(): never {\n    if (1) return undefined as never;\n',
  ),
  db(
    'leftovers on a connection are not noticed', 'connection/tenant-client.ts',
    'if (!query.proof.clean || !query.proof.as) this.dirty = true;', '',
  ),
  db(
    'another role is not noticed', 'connection/scoped-query.ts', 'this.proof.as = user === this.opening!.scope.role;',
    'this.proof.as = true;',
  ),
  db('the role is not set', 'connection/scoped-query.ts', `set_config('role', $1, true)`, '$1::text'),
  db('the role outlives its statement', 'connection/scoped-query.ts', `set_config('role', $1, true)`, `set_config('role', $1, false)`),
  db(
    'the tenant outlives its statement', 'connection/scoped-query.ts', `set_config('app.tenant_id', $2, true)`,
    `set_config('app.tenant_id', $2, false)`,
  ),
  db('the tenant is not set', 'connection/scoped-query.ts', `set_config('app.tenant_id', $2, true)`, '$2::text'),
  db(
    'several statements in one text', 'connection/scoped-query.ts', 'this.prepare(gathered);',
    '(gathered as unknown as { query(text: string): void }).query(this.statement.text);',
  ),
  db(
    'statements may move the wall', 'connection/plain-statement.ts', 'export function assertPlainStatement(text: string): void {\n',
    'export function assertPlainStatement(text: string): void {\n  if (text) return;\n',
  ),
  db(
    'settings are open to statements', 'connection/plain-statement.ts', 'if (/set_config|session_authorization|app\\.tenant_id/i.test(',
    'if (/nothing at all/i.test(',
  ),
  db('boot does not test the wall', 'database.ts', 'await assertWall(client, contexts, target.embedded);', ''),
  db('boot does not ask first who logs in', 'database.ts', 'if (!target.embedded) await assertLogin(client);', ''),
  db('boot does not look at the schema', 'migrate/schema.ts', 'if (missing.length > 0) throw behind(',
    'if (missing.length > 9_999) throw behind('),
  db('an edited migration is not noticed', 'migrate/runner.ts', '} else if (recorded !== sum) throw edited(migration.name);', '}'),
  db('boot does not test the login', 'wall/wall.ts', '...(embedded ? [] : loginFaults(catalogue, places)), ', ''),
];
