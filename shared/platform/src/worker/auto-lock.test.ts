import { expect, test } from 'vitest';
import { AutoLock } from './auto-lock.ts';

const MINUTE = 60_000;

/** A clock and its timers, moved by hand; `sleep` lets time pass without them, as a machine that sleeps does. */
function bench(lockAfter = () => 5 * MINUTE) {
	let now = 1_800_000_000_000;
	let locks = 0;
	const timers = new Set<{ at: number; work: () => void }>();
	const auto = new AutoLock({
		clock: () => now,
		after: (ms, work) => {
			const timer = { at: now + ms, work };
			timers.add(timer);
			return () => timers.delete(timer);
		},
		lockAfter,
		hiddenAfter: () => MINUTE,
		lock: () => void locks++
	});
	const fire = () => {
		for (const timer of [...timers]) if (timer.at <= now && timers.delete(timer)) timer.work();
	};
	return {
		auto,
		locks: () => locks,
		pass(ms: number) {
			for (const end = now + ms; now < end;) {
				now = Math.min(end, ...[...timers].map(({ at }) => Math.max(at, now + 1)));
				fire();
			}
		},
		setClock(change: number) {
			now += change;
			for (const timer of timers) timer.at += change;
		},
		sleep(ms: number) {
			now += ms;
			fire();
		}
	};
}

test('[K-18] a vault locks after five minutes without activity in any tab, and not before', () => {
	const { auto, pass, locks } = bench();
	auto.tab({});
	auto.start();
	pass(4 * MINUTE);
	auto.activity();
	pass(5 * MINUTE - 1);
	expect(locks()).toBe(0);
	pass(1);
	expect(locks()).toBe(1);
});

test('[K-18] it locks when no tab was in sight for a minute; one that is seen again, or is there, keeps it open', () => {
	const { auto, pass, locks } = bench();
	const [one, two] = [{}, {}];
	auto.tab(one);
	auto.tab(two);
	auto.start();
	auto.tab(one, false);
	pass(2 * MINUTE);
	expect(locks()).toBe(0);
	auto.tab(two, false);
	pass(MINUTE - 1);
	auto.tab(two, true);
	pass(MINUTE);
	expect(locks()).toBe(0);
	auto.tabGone(two);
	pass(MINUTE);
	expect(locks()).toBe(1);
});

test('[K-18] T62 it locks at once when the machine wakes up from sleep', () => {
	const { auto, pass, sleep, locks } = bench();
	auto.tab({});
	auto.start();
	pass(MINUTE);
	sleep(20_000);
	expect(locks()).toBe(0);
	sleep(50_000);
	expect(locks()).toBe(1);
});

test('[K-18] T62 a clock that is set forward or back locks it, so that nobody stretches the five minutes', () => {
	for (const change of [10 * MINUTE, -10 * MINUTE]) {
		const { auto, pass, setClock, locks } = bench();
		auto.tab({});
		auto.start();
		pass(MINUTE);
		setClock(change);
		pass(6000);
		expect(locks()).toBe(1);
	}
});

test('[K-18] a shorter wait holds from the moment it is set; a vault that is locked already locks no more', () => {
	const waits = { lockAfter: 5 * MINUTE };
	const { auto, pass, locks } = bench(() => waits.lockAfter);
	auto.tab({});
	auto.start();
	pass(2000);
	waits.lockAfter = 3000;
	auto.changed();
	pass(1000);
	expect(locks()).toBe(1);
	auto.start();
	auto.stop();
	pass(10 * MINUTE);
	expect(locks()).toBe(1);
});
