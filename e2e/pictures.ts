// Looking at a screen in both themes: axe finds nothing serious. With SCREENSHOTS=<folder> each is also kept as a
// picture to look at.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expectAccessible } from './devices.ts';

const pictures = process.env.SCREENSHOTS;
if (pictures !== undefined) mkdirSync(pictures, { recursive: true });

export async function look(page: Page, name: string): Promise<void> {
	for (const scheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
		if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}-${scheme}.png`) });
		await expectAccessible(page, `${name}, ${scheme}`);
	}
}
