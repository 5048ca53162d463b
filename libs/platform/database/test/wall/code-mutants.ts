/** One line of the wall's program taken out or turned round. `find` must stand in the file exactly once. */
export interface CodeMutant {
  name: string;
  file: string;
  find: string;
  replace: string;
}

const db = (name: string, file: string, find: string, replace: string): CodeMutant => ({ name, file: `database/src/${file}`, find, replace });

export const codeMutants: CodeMutant[] = [
  db('a statement without a tenant is sent', 'session.ts', 'if (!isId(tenantId)) throw noTenant();', ''),
  db('any text is taken for a tenant', 'session.ts', 'if (!isId(tenantId)) throw noTenant();', 'if (tenantId === undefined) throw noTenant();'),
  db('the pinned tenant is not asserted', 'session.ts', 'if (session.tenantId !== \'\' && flow?.scope?.tenantId !== session.tenantId) throw tenantChanged();', ''),
  db('the tenant is not asked again when the statement is sent', 'lease.ts', '    assertSameTenant(this.session, flow);\n', ''),
  db('a unit lets other contexts in', 'session.ts', 'if (unit.transaction && !unit.over) throw crossContext(context, unit.context);', ''),
  db('a unit that is over lets stragglers in', 'context-db.ts', 'unit.over = true;', ''),
  db('system work inside a tenant\'s unit', 'context-db.ts', 'if (unit.session.role !== session.role) throw systemInsideTenant();', ''),
  db('system work as the ordinary role', 'session.ts', 'role: systemRole(context), tenantId: \'\'', 'role: contextRole(context), tenantId: \'\''),
  db('a nested unit opens one of its own', 'context-db.ts', 'if (unit?.transaction) return unit.transaction.join(work);\n    const transaction', 'const transaction'),
  db('a repository does not join the unit', 'context-db.ts', 'return unit?.transaction ? new JoinedConnection(unit.transaction) : new OwnConnection(await this.pool.lease(session));', 'return new OwnConnection(await this.pool.lease(session));'),
  db('SQL does not join the unit', 'context-db.ts', 'if (unit?.transaction) return (await unit.transaction.lease.query(sql, params, flow)).rows as R[];', ''),
  db('afterCommit does not wait', 'context-db.ts', 'if (transaction) transaction.afterCommit(work);\n    else work();', 'work();'),
  db('a swallowed failure of a joined unit is forgotten', 'transaction.ts', 'if (this.doomed) throw unitDoomed(this.doomed.cause);', ''),
  db('the tag of COMMIT is not looked at', 'lease.ts', 'if (command !== \'COMMIT\') throw rolledBack(this.failure);', ''),
  db('a lease works after it was given back', 'lease.ts', 'if (this.released) throw misuse(\'A database connection was used after it had been given back.\');', ''),
  db('a connection is given back as it is', 'lease.ts', 'destroy || this.client.unfit !== undefined', 'destroy'),
  db('a unit does not begin a transaction', 'lease.ts', 'return { begin, session: this.session };', 'return { begin: false, session: this.session };'),
  db('the callback of a checkout runs in any flow', 'tenant-pool.ts', 'return AsyncResource.bind(callback);', 'return callback;'),
  db('a connection keeps the flow it was born in', 'tenant-pool.ts', 'this.nowhere.runInAsyncScope(() => (pg.Pool.prototype as unknown as { newClient(waiter: unknown): void }).newClient.call(this, waiter));', '(pg.Pool.prototype as unknown as { newClient(waiter: unknown): void }).newClient.call(this, waiter);'),
  db('a dead connection is handed on', 'lease-desk.ts', 'if (!held.client.unfit) return', 'return'),
  db('the raw pool is open', 'tenant-pool.ts', 'override query(): never {\n', 'override query(): never {\n    if (1) return undefined as never;\n'),
  db('the raw connection is open', 'tenant-client.ts', 'override query(): never {\n', 'override query(): never {\n    if (1) return undefined as never;\n'),
  db('leftovers on a connection are not noticed', 'tenant-client.ts', 'if (!query.proof.clean || !query.proof.as) this.dirty = true;', ''),
  db('another role is not noticed', 'scoped-query.ts', 'this.proof.as = user === this.opening!.session.role;', 'this.proof.as = true;'),
  db('the role is not set', 'scoped-query.ts', `set_config('role', $1, true)`, '$1::text'),
  db('the role outlives its statement', 'scoped-query.ts', `set_config('role', $1, true)`, `set_config('role', $1, false)`),
  db('the tenant outlives its statement', 'scoped-query.ts', `set_config('app.tenant_id', $2, true)`, `set_config('app.tenant_id', $2, false)`),
  db('the tenant is not set', 'scoped-query.ts', `set_config('app.tenant_id', $2, true)`, '$2::text'),
  db('several statements in one text', 'scoped-query.ts', 'this.prepare(gathered);', '(gathered as unknown as { query(text: string): void }).query(this.statement.text);'),
  db('statements may move the wall', 'guard.ts', 'export function assertPlainStatement(text: string): void {\n', 'export function assertPlainStatement(text: string): void {\n  if (text) return;\n'),
  db('settings are open to statements', 'guard.ts', 'if (/set_config|session_authorization|app\\.tenant_id/i.test(', 'if (/nothing at all/i.test('),
  db('boot does not test the wall', 'database.ts', 'await assertWall(client, contexts, target.embedded);', ''),
  db('boot does not ask first who logs in', 'database.ts', 'if (!target.embedded) await assertLogin(client);', ''),
  db('boot does not look at the schema', 'migrate/schema.ts', 'if (missing.length > 0) throw behind(', 'if (missing.length > 9_999) throw behind('),
  db('an edited migration is not noticed', 'migrate/runner.ts', '} else if (recorded !== sum) throw edited(migration.name);', '}'),
  db('boot does not test the login', 'wall/wall.ts', '...(embedded ? [] : loginFaults(catalogue, places)), ', ''),
];
