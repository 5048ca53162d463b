#!/bin/sh
# When the database's volume is new: makes the owner that migrates, who is no superuser, and the unprivileged role that Atoll logs in as
# (what `npm run atoll -- db init` does, with given passwords).
set -eu
psql -v ON_ERROR_STOP=1 -v owner_password="$ATOLL_OWNER_PASSWORD" -v password="$ATOLL_APP_PASSWORD" \
  -U "${POSTGRES_USER:-postgres}" -d "$POSTGRES_DB" <<'SQL'
create role migrator login nosuperuser nocreatedb createrole noreplication nobypassrls password :'owner_password';
alter database atoll owner to migrator;
revoke all on database atoll from public;
select 'create extension vector' from pg_available_extensions where name = 'vector' \gexec
set role migrator;
create role atoll_runtime nologin noinherit;
create role atoll_app login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'password';
grant atoll_runtime to atoll_app;
grant connect on database atoll to atoll_app;
SQL
