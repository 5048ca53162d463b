export { BM25, type Bm25Tuning, idf, rankByBm25, saturation } from './bm25.js';
export { isFunctionWord, isStopWord, type Language, languageOf, stem } from './language.js';
export { sentences } from './sentences.js';
export { termCounts, terms } from './terms.js';
export { endOfTokens, estimateTokens } from './tokens.js';
export { visible } from './visible.js';
export { words } from './words.js';
