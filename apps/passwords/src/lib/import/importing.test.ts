import { expect, test } from 'vitest';
import type { FromImport, ImportPort, ToImport } from './import-protocol.ts';
import { answerImports } from './import-protocol.ts';
import { Importing, type ImportWorker } from './importing.ts';
import { textFile } from './testing/files-node.ts';

/** Both halves, with messages cloned and delivered in tasks of their own, as between a page and its worker. */
function connected(): { importing: Importing; sent: FromImport[]; breakDown: () => void } {
	const sent: FromImport[] = [];
	let toWorker: (message: unknown) => void = () => {};
	let toPage: (event: MessageEvent<FromImport>) => void = () => {};
	let onError = () => {};
	let alive = true;
	const port: ImportPort = {
		onMessage: (listener) => (toWorker = listener),
		post: (message, transfer) => {
			sent.push(message);
			const copy = structuredClone(message, { transfer });
			if (alive) setTimeout(() => alive && toPage({ data: copy } as MessageEvent<FromImport>));
		}
	};
	const worker: ImportWorker = {
		postMessage: (message: ToImport) => {
			const copy = structuredClone(message);
			setTimeout(() => toWorker(copy));
		},
		addEventListener: (type: string, listener: never) => {
			if (type === 'message') toPage = listener;
			else onError = listener;
		},
		terminate: () => (alive = false)
	};
	answerImports(port);
	return { importing: new Importing(worker), sent, breakDown: () => onError() };
}

const csv = (rows: number) =>
	textFile(
		`name,url,username,password\n${Array.from({ length: rows }, (_, n) => `Item ${n},https://x${n}.example,u,p${n}`).join('\n')}\n`
	);

test('[PW-59] a file is looked at, read, and handed over a few hundred items at a time', async () => {
	const { importing } = connected();
	expect(await importing.inspect(csv(1100))).toMatchObject({
		ok: true,
		inspection: { format: 'chrome', needs: 'nothing' }
	});
	const stages: string[] = [];
	const read = await importing.read({}, (stage) => stages.push(stage));
	expect(read).toMatchObject({ ok: true, summary: { format: 'chrome', counts: { items: 1100, fields: 2200 } } });
	expect(stages).toEqual(['reading']);
	const sizes: number[] = [];
	const titles = new Set<string>();
	for await (const items of importing.items()) {
		sizes.push(items.length);
		for (const { title } of items) titles.add(title);
	}
	expect(sizes).toEqual([500, 500, 100]);
	expect(titles.size).toBe(1100);
	importing.end();
});

test('[PW-59] nothing is handed over that was not asked for', async () => {
	const { importing, sent } = connected();
	await importing.inspect(csv(600));
	await importing.read({});
	expect(sent.map(({ kind }) => kind)).toEqual(['inspected', 'stage', 'read']);
	importing.end();
});

test('[PW-59] a refusal crosses with its reason, and a wrong password may be followed by the right one', async () => {
	const { importing } = connected();
	expect(await importing.inspect(textFile('{"encrypted":true}'))).toMatchObject({
		ok: false,
		failure: { format: 'bitwarden-account', reason: 'account-locked' }
	});
	expect(await importing.inspect(csv(1))).toMatchObject({ ok: true });
	expect(await importing.read({ mapping: ['title'] })).toMatchObject({ ok: true });
	importing.end();
});

test('[PW-59] an import that is cancelled ends at once, and gives nothing any more', async () => {
	const { importing } = connected();
	await importing.inspect(csv(10));
	const reading = importing.read({});
	importing.end();
	expect(await reading).toMatchObject({ ok: false, failure: { reason: 'cancelled' } });
	const got: unknown[] = [];
	for await (const items of importing.items()) got.push(items);
	expect(got).toEqual([]);
	expect(await importing.inspect(csv(1))).toMatchObject({ ok: false, failure: { reason: 'cancelled' } });
});

test('[PW-59] a worker that a file brought down is said, and nothing waits for ever', async () => {
	const { importing, breakDown } = connected();
	await importing.inspect(csv(10));
	const reading = importing.read({});
	breakDown();
	expect(await reading).toMatchObject({ ok: false, failure: { reason: 'too-costly' } });
});
