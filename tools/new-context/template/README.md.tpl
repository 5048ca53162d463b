# {{name}}

What {{name}} is for, in a sentence.

## Calls (`#{{name}}`)
| call | kind | what |
| --- | --- | --- |
| `add` | command | stores an entry under the caller's id; a repeated id changes nothing |
| `latest` | query | entries, newest first |

## HTTP
`/v1/{{name}}` (list, create)

## Tables
`{{name}}.entry`

## Events and jobs
None.

## Config
`ATOLL_{{NAME}}_MAX_ENTRIES`
