import 'reflect-metadata';
import { createEdge } from '#platform/runtime';
import { echo } from './echo.js';

/** The process that hosts the called context; everything is in its environment. */
const edge = await createEdge([echo], { publicHttp: false });
process.send!('up');
process.once('disconnect', () => void edge.close().finally(() => process.exit(0)));
