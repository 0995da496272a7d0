// The devices of a story: alice.phone, alice.laptop, bob.phone. Each is a real Chromium with a profile folder of its
// own, and a witness of everything that must not happen: errors in a page or a worker, violations of the Content
// Security Policy or of Trusted Types (T74), requests to any other origin (T78). A story that leaves any behind fails.
//
//   story('what I write on the laptop is on the phone', async ({ suite, device }) => {
//   	const laptop = await device('laptop');
//   	const page = await laptop.open('/notes/');
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { Device, type DeviceOptions } from './device.ts';
import { Suite, type SuiteOptions } from './suite.ts';

export { Device, findInBytes, scanForBytes, type DeviceOptions, type Finding } from './device.ts';
export { newerBuild, Suite } from './suite.ts';

/** axe finds nothing serious on what the page shows now, in the colour scheme it has. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).analyze();
	const serious = violations
		.filter(({ impact }) => impact === 'serious' || impact === 'critical')
		.map(
			({ id, help, nodes }) =>
				`${what}: ${id}: ${help}: ${nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join(' | ')}`
		);
	expect(serious).toEqual([]);
}

/** What a story gets. */
export interface Stage {
	/** A suite of its own, with a home node. */
	suite: Suite;
	/** Another suite, with options; closed at the end. */
	startSuite(options?: SuiteOptions): Promise<Suite>;
	/** A switched-on device with an empty profile, on `suite` unless another is given. */
	device(name: string, options?: DeviceOptions & { suite?: Suite }): Promise<Device>;
}

/** A test with devices. When it ends, whatever way, all is closed; when it passed, no device may have seen a problem. */
export const story = test.extend<Stage>({
	// eslint-disable-next-line no-empty-pattern -- vitest reads what a fixture needs from this pattern
	startSuite: async ({}, use) => {
		const suites: Suite[] = [];
		await use(async (options) => {
			const suite = await Suite.start(options);
			suites.push(suite);
			return suite;
		});
		for (const suite of suites) await suite.close();
	},
	suite: async ({ startSuite }, use) => use(await startSuite()),
	device: async ({ suite }, use) => {
		const devices: Device[] = [];
		await use(async (name, { suite: other, ...options } = {}) => {
			const device = new Device(name, other ?? suite, options);
			devices.push(device);
			await device.switchOn();
			return device;
		});
		for (const device of devices) await device.discard();
		for (const device of devices) expect.soft(device.problems, `${device.name} saw`).toEqual([]);
	}
});
