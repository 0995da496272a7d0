import { expect, test } from 'vitest';
import { ClipboardKeeper, STAYS, type ClipboardPort } from './clipboard.ts';

/** A page with a clipboard, a clock that is turned by hand, and other windows that may come to the front. */
function page({ mayPeek = false } = {}) {
	let now = 0;
	const timers: { at: number; run: () => void }[] = [];
	const focusListeners = new Set<() => void>();
	const world = { clipboard: 'before', focused: true, mayWrite: true };
	const port: ClipboardPort = {
		async write(text) {
			if (!world.focused || !world.mayWrite) throw new DOMException('not focused', 'NotAllowedError');
			world.clipboard = text;
		},
		peek: async () => (mayPeek ? world.clipboard : undefined),
		hasFocus: () => world.focused,
		onFocus(callback) {
			focusListeners.add(callback);
			return () => focusListeners.delete(callback);
		},
		after(ms, run) {
			const timer = { at: now + ms, run };
			timers.push(timer);
			return () => void timers.splice(timers.indexOf(timer) >>> 0, 1);
		}
	};
	const settle = async () => {
		for (let job = 0; job < 20; job++) await null;
	};
	return {
		world,
		keeper: new ClipboardKeeper(port),
		focusListeners,
		async pass(ms: number) {
			now += ms;
			for (const timer of timers.filter(({ at }) => at <= now)) {
				timers.splice(timers.indexOf(timer), 1);
				timer.run();
			}
			await settle();
		},
		async focus(focused: boolean) {
			world.focused = focused;
			if (focused) for (const listener of [...focusListeners]) listener();
			await settle();
		}
	};
}

test('T63 a copied secret is gone from the clipboard after its time [PW-40]', async () => {
	const { keeper, world, pass } = page();
	await keeper.copy('hunter2');
	expect(world.clipboard).toBe('hunter2');
	await pass(STAYS - 1);
	expect(world.clipboard).toBe('hunter2');
	await pass(1);
	expect(world.clipboard.trim()).toBe('');
	expect(keeper.state).toBe('empty');
});

test('T63 while another window is in front it waits, says so, and clears when the page is in front again [PW-40]', async () => {
	const { keeper, world, pass, focus, focusListeners } = page();
	const states: string[] = [];
	keeper.onChange = (state) => states.push(state);
	await keeper.copy('hunter2');
	await focus(false);
	await pass(STAYS);
	expect(world.clipboard).toBe('hunter2');
	await focus(true);
	expect(world.clipboard.trim()).toBe('');
	expect(states).toEqual(['holds', 'due', 'empty']);
	expect(focusListeners.size).toBe(0);
});

test('what the person copied elsewhere since is left alone where the page may look [PW-40]', async () => {
	const { keeper, world, pass } = page({ mayPeek: true });
	await keeper.copy('hunter2');
	world.clipboard = 'a recipe';
	await pass(STAYS);
	expect(world.clipboard).toBe('a recipe');
	expect(keeper.state).toBe('empty');
});

test('T63 locking clears at once, before the time is up [PW-40]', async () => {
	const { keeper, world } = page();
	await keeper.copy('hunter2');
	await keeper.clear();
	expect(world.clipboard.trim()).toBe('');
});

test('a second copy starts the time anew, and the first does not clear it early', async () => {
	const { keeper, world, pass } = page();
	await keeper.copy('first');
	await pass(STAYS - 1000);
	await keeper.copy('second');
	await pass(2000);
	expect(world.clipboard).toBe('second');
	await pass(STAYS);
	expect(world.clipboard.trim()).toBe('');
});

test('where the browser refuses to copy, nothing is held and the clipboard is as it was', async () => {
	const { keeper, world } = page();
	world.mayWrite = false;
	await expect(keeper.copy('hunter2')).rejects.toThrow();
	expect(keeper.state).toBe('empty');
	expect(world.clipboard).toBe('before');
});

test('T63 a browser that refuses to clear is asked again when the page comes to the front [PW-40]', async () => {
	const { keeper, world, pass, focus } = page();
	await keeper.copy('hunter2');
	world.mayWrite = false;
	await pass(STAYS);
	expect(keeper.state).toBe('due');
	world.mayWrite = true;
	await focus(true);
	expect(world.clipboard.trim()).toBe('');
	expect(keeper.state).toBe('empty');
});
