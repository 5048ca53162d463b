export { type EmbeddedOptions, EmbeddedPostgres } from './embedded-postgres.js';
