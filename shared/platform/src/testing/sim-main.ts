/**
 * `npm run sim -- --seeds N --from S`: runs the simulator with seeds S to S + N - 1 and prints `N passed, N failed` last.
 * A seed that fails is printed with what differs and with the command that runs it again.
 */
import { makeCast, simulate } from './sim.ts';

const seeds = numberOf('--seeds', 200);
const from = numberOf('--from', 1);
const cast = await makeCast();
const total: Record<string, number> = {};
let failed = 0;
for (let seed = from; seed < from + seeds; seed++) {
	try {
		for (const [what, count] of Object.entries(await simulate(cast, seed))) total[what] = (total[what] ?? 0) + count;
	} catch (error) {
		failed++;
		console.error(`seed ${seed} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
		console.error(`again: npm run sim -- --seeds 1 --from ${seed}`);
	}
}
console.log(
	Object.entries(total)
		.map(([what, count]) => `${what}: ${count}`)
		.join(', ')
);
console.log(`${seeds - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;

function numberOf(option: string, otherwise: number): number {
	const at = process.argv.indexOf(option);
	if (at < 0) return otherwise;
	const value = Number(process.argv[at + 1]);
	if (!Number.isSafeInteger(value) || value < 0) {
		console.error(`${option} needs a whole number`);
		process.exit(2);
	}
	return value;
}
