/** For tests of whoever builds on the platform: whole replicas in memory, people, seeded randomness, attackers. */
export { Forger } from './forge.ts';
export { TestPerson } from './people.ts';
export { Random } from './random.ts';
export { deliver, exchange, openTestReplica, TEST_SCHEMA, testClock, type TestReplica } from './replica.ts';
export { makeId } from '../protocol/row-id.ts';
