// `npm start`: build what changed, serve it, and run a home node (relay and mailbox) at /p2p of the same address.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { buildIfChanged, readBuild, type BuildRecord } from './build.ts';
import { baseOf, onPort, originOf, sitesWithScreens, type Origins, type Site } from './origins.ts';
import { distFolder, readOptions, Refusal, root } from './project.ts';
import { createSuiteServer, listen, type SuiteServer } from './serve.ts';

const help = `npm start [-- options]
  --port N      default 4173
  --data DIR    where the home node keeps its identity and sealed messages; default .home-data
  --dist DIR    serve this build instead of dist/, without building
  --no-home     no relay and no mailbox: the apps work, devices do not find each other
  --dev         also the development server, with screens that reload as you edit, on the next port`;

/** Runs until it is interrupted. Prints `Ready: <address>` when everything answers. */
export async function start(args: string[]): Promise<void> {
	const { flags, values } = readOptions(args);
	if (flags.has('help')) return console.log(help);
	const port = Number(values.get('port') ?? 4173);
	if (!Number.isInteger(port) || port < 0 || port > 65535)
		throw new Refusal(`--port takes a number up to 65535, not "${values.get('port')}".`);
	const dist = resolve(values.get('dist') ?? distFolder);
	if (!values.has('dist')) await buildIfChanged();
	const record = readBuild(dist);
	if (record === undefined) throw new Refusal(`${dist} holds no finished build.`);

	const { origins } = record;
	const server = createSuiteServer(dist, origins);
	const listening = await listen(server, port);
	console.log(`Serving build ${record.build} on ${listening.addresses.join(' and ')}.`);

	const home = flags.has('no-home')
		? undefined
		: await attachHome(server, origins, resolve(values.get('data') ?? join(root, '.home-data')));
	const dev = flags.has('dev') ? startDevelopmentServers(record, listening.port) : [];

	let ending = false;
	const end = async () => {
		if (ending) return;
		ending = true;
		for (const child of dev) child.kill();
		await home?.close();
		await listening.close();
		process.exit(0);
	};
	process.on('SIGINT', end);
	process.on('SIGTERM', end);

	const address = (site: Site) =>
		`${onPort(origins[originOf(site)], listening.port).replace(/\/$/, '')}${baseOf(site)}/`;
	for (const app of record.apps) console.log(`  ${app.padEnd(10)} ${address(app)}`);
	console.log(`Ready: ${address('home')}   (Ctrl-C ends it)`);
}

async function attachHome(server: SuiteServer, origins: Origins, dataDir: string): Promise<{ close(): Promise<void> }> {
	if (!existsSync(join(root, 'servers/home/src/index.ts')))
		throw new Refusal('servers/home is not there; start with --no-home.');
	const { startHome } = await import('@slf/home');
	const hosts = Object.values(origins).map((origin) => new URL(origin).hostname);
	const home = await startHome({ server, dataDir, hosts });
	server.alsoAnswers = (request, response) => home.handleRequest(request, response);
	console.log(`Home node (relay and mailbox) at /p2p; its data is in ${dataDir}.`);
	return home;
}

/** One Vite server per site on the following ports; workers and the home node come from the finished build. */
function startDevelopmentServers({ origins, build }: BuildRecord, port: number) {
	const vite = join(createRequire(import.meta.url).resolve('vite/package.json'), '../bin/vite.js');
	const sites = sitesWithScreens().map((site, index) => {
		const own = port + 1 + index;
		return { site, own, origin: onPort(origins[originOf(site)], own).replace(/\/$/, '') };
	});
	const env = {
		...process.env,
		SLF_SUITE: `http://localhost:${port}`,
		SLF_SITES: JSON.stringify(Object.fromEntries(sites.map(({ site, origin }) => [site, origin]))),
		BUILD_ID: build
	};
	return sites.map(({ site, own, origin }) => {
		console.log(`  ${site.padEnd(10)} ${origin}${baseOf(site)}/   (development)`);
		return spawn(process.execPath, [vite, 'dev', '--port', String(own), '--strictPort', '--logLevel', 'warn'], {
			cwd: join(root, 'apps', site),
			env,
			stdio: 'inherit'
		});
	});
}
