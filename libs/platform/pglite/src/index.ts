export { type EmbeddedOptions, EmbeddedPostgres } from './embedded-postgres.js';
export { makeTemplate, templateFolder } from './template.js';
