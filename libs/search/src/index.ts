export * from './contract.js';
export * from './events.js';
