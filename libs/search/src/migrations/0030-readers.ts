import type { Migration } from '#platform/database';

export const readers: Migration = {
  name: 'search/0030-readers',
  up: [
    // What of a file was not read: a list of { code, message }.
    "alter table search.document add column warnings jsonb not null default '[]'",
    // What names the values of a passage without standing in it: the header of the table it goes on with.
    "alter table search.chunk add column context text not null default ''",
  ],
};
