#!/bin/sh
# Makes the unprivileged role that Atoll logs in as, when the database's volume is new: what `npm run atoll -- db init` does, with a given password.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$ATOLL_APP_PASSWORD" -U "${POSTGRES_USER:-postgres}" -d "$POSTGRES_DB" <<'SQL'
create role atoll_runtime nologin noinherit;
create role atoll_app login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'password';
grant atoll_runtime to atoll_app;
revoke all on database atoll from public;
grant connect on database atoll to atoll_app;
SQL
