import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { ImportError } from './failure.ts';
import { answered } from './read.ts';
import { FileReading, type ReadWorker } from './reading.ts';
import { serve, type ReadPort } from './serving.ts';

let started = 0;

/** The real halves over a real channel; only the thread is the test's own. */
function start(): ReadWorker {
	started++;
	const { port1, port2 } = new MessageChannel();
	serve(port2 as unknown as ReadPort);
	port1.start();
	port2.start();
	return Object.assign(port1, { terminate: () => port1.close() }) as unknown as ReadWorker;
}

const rows = Array.from({ length: 5000 }, (_, n) => `2024-01-05,Shop ${n},-${n}.50`).join('\n');

test('[FN-112] a file is read in the worker, says how far it is, and is asked again without sending it again', async () => {
	const before = started;
	const reading = new FileReading(new Blob([`Date,Payee,Amount\n${rows}\n`]), start);
	const shares: number[] = [];
	const first = await reading.read({}, { progress: (share) => shares.push(share) });
	expect(first.questions.map(({ kind }) => kind)).toEqual(['currency']);
	const answers = answered({}, first, first.questions[0]!, 'EUR');
	const second = await reading.read(answers, { progress: (share) => shares.push(share) });
	expect(second.statements[0]!.entries).toHaveLength(5000);
	expect(shares.length).toBeGreaterThan(2);
	expect(shares).toEqual(shares.toSorted((a, b) => a - b));
	expect(started).toBe(before + 1);
	reading.end();
});

test('[FN-112] reading is cancelled at any time, and begins anew', async () => {
	const reading = new FileReading(new Blob([`Date,Payee,Amount\n${rows}\n`]), start);
	const stop = new AbortController();
	const cancelled = reading.read({}, { currency: 'EUR', signal: stop.signal, progress: () => stop.abort() });
	await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
	await expect(reading.read({}, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
	expect((await reading.read({}, { currency: 'EUR' })).statements[0]!.entries).toHaveLength(5000);
	reading.end();
});

test('[FN-112] an ImportError crosses from the worker whole', async () => {
	const reading = new FileReading(new Blob(['<!DOCTYPE x><Document>']), start);
	const error = await reading.read({}).catch((reason: unknown) => reason);
	expect(error).toBeInstanceOf(ImportError);
	expect(error).toMatchObject({ format: 'camt', reason: 'DOCTYPE', where: { line: 1 } });
	reading.end();
});
