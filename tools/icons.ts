// Draws the app icons: one rounded square, one stroke, one glyph each, in the app's accent. Run by hand after a change
// of a glyph (`node tools/icons.ts`); the results are committed, so that a build needs no browser.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { findBrowser, sandboxArguments } from './browser.ts';
import { descriptions } from './manifests.ts';
import { apps, root, type App } from './project.ts';

/** Strokes on a grid of 24. */
const glyphs: Record<App, string> = {
	notes: '<path d="M4 20h16"/><path d="M7.2 16.2 4.6 16.8l.6-2.6L15 4.4a1.4 1.4 0 0 1 2 0l0 0a1.4 1.4 0 0 1 0 2z"/>',
	health: '<path d="M3 12h4l2.5-6.5 5 13L17 12h4"/>',
	finance: '<path d="M5 19v-6"/><path d="M12 19V5"/><path d="M19 19v-9"/>',
	passwords: '<circle cx="8" cy="12" r="4"/><path d="M12 12h9"/><path d="M18 12v3.5"/>'
};

/** @param share how much of the square the glyph's grid takes; a maskable icon keeps to the safe zone */
function svg(
	app: App,
	{ corner, share, square, stroke }: { corner: number; share: number; square: string; stroke: string }
): string {
	const size = 512 * share;
	const inset = (512 - size) / 2;
	return (
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">` +
		(square === 'none' ? '' : `<rect width="512" height="512" rx="${corner}" fill="${square}"/>`) +
		`<g transform="translate(${inset} ${inset}) scale(${size / 24})" fill="none" stroke="${stroke}" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">` +
		`${glyphs[app]}</g></svg>\n`
	);
}

const browser = await chromium.launch({ executablePath: findBrowser(), args: sandboxArguments() });
const page = await browser.newPage({ deviceScaleFactor: 1 });
mkdirSync(join(root, 'apps/home/static/icons'), { recursive: true });
for (const app of apps) {
	const folder = join(root, 'apps', app, 'static/icons');
	mkdirSync(folder, { recursive: true });
	const square = descriptions[app].accent;
	const plain = svg(app, { corner: 116, share: 0.7, square, stroke: '#fffdf8' });
	const pictures = [
		['192.png', 192, plain],
		['512.png', 512, plain],
		['maskable.png', 512, svg(app, { corner: 0, share: 0.56, square, stroke: '#fffdf8' })],
		['monochrome.png', 512, svg(app, { corner: 0, share: 0.8, square: 'none', stroke: '#000' })]
	] as const;
	writeFileSync(join(folder, 'icon.svg'), plain);
	// The home page shows them all; the vault's own is on another origin.
	writeFileSync(join(root, 'apps/home/static/icons', `${app}.svg`), plain);
	for (const [name, size, source] of pictures) {
		await page.setViewportSize({ width: size, height: size });
		await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw}</style>${source}`);
		await page.screenshot({ path: join(folder, name), omitBackground: true });
	}
}
await browser.close();
