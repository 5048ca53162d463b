import { eventsConformance } from './events.suite.js';
import { groupsConformance } from './groups.suite.js';
import type { MakeHarness } from './harness.js';
import { jobsConformance } from './jobs.suite.js';
import { parkingConformance } from './parking.suite.js';
import { processesConformance } from './processes.suite.js';

/**
 * Everything events, jobs and schedules promise. Each way of carrying messages runs all of it; `shared` says whether several processes
 * may be open on one database at once.
 */
export function deliveryConformance(makeHarness: MakeHarness, shared: boolean): void {
  describe('events', () => eventsConformance(makeHarness));
  describe('events of one tenant that wait together', () => groupsConformance(makeHarness));
  describe('jobs', () => jobsConformance(makeHarness));
  describe('jobs of a tenant that is parked', () => parkingConformance(makeHarness));
  describe('processes', () => processesConformance(makeHarness, shared));
}
