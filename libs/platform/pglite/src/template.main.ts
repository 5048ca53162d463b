import { makeTemplate } from './template.js';

await makeTemplate();
