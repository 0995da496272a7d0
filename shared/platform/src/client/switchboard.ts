/**
 * Hands MessagePorts from tabs to the leader, and tells tabs who leads. It holds no data and sees none: the ports
 * it passes on go straight to the engines.
 *
 * It normally runs in the SharedWorker (worker/switchboard.ts). Where that is missing, the one tab that may work
 * runs it in its own page.
 *
 * Its messages are frozen at version 1 (protocol/bridge.ts): the SharedWorker's URL never changes, so the instance
 * that a new build meets may be years old in its code.
 */

import { tabLock, type FromSwitchboard, type FromSwitchboardToLeader, type ToSwitchboard } from '../protocol/bridge.ts';
import type { PortLike } from '../protocol/link.ts';

interface Tab {
	port: PortLike;
	tab: string;
	build: number;
}

export class Switchboard {
	readonly #tabs = new Set<Tab>();
	readonly #locks: LockManager;
	/** Held for as long as this switchboard lives; tabs wait for it and then look for a new one. */
	readonly #life = `slf:switchboard:${crypto.randomUUID()}`;
	readonly #alive: Promise<void>;
	#leader: { tab: string; control: PortLike; term: string; build: number } | undefined;

	constructor(locks: LockManager = navigator.locks) {
		this.#locks = locks;
		this.#alive = new Promise((held) => {
			void locks.request(this.#life, () => (held(), new Promise(() => {})));
		});
	}

	connect(port: PortLike): void {
		const tab: Tab = { port, tab: '', build: 0 };
		port.onmessage = (event: MessageEvent<ToSwitchboard>) => this.#receive(tab, event.data, event.ports);
	}

	#receive(from: Tab, message: ToSwitchboard, ports: readonly MessagePort[]): void {
		if (message?.v !== 1) return;
		switch (message.type) {
			case 'hello':
				return this.#hello(from, message.tab, message.build);
			case 'lead':
				this.#leader = { tab: from.tab, control: ports[0]!, term: message.term, build: message.build };
				for (const tab of this.#tabs) this.#tell(tab, this.#leaderMessage()!);
				return this.#announceNewest();
			case 'connect':
				if (this.#leader?.term !== message.term) return;
				this.#leader.control.postMessage(
					{
						v: 1,
						type: 'connect',
						tab: from.tab,
						target: message.target,
						detail: message.detail
					} satisfies FromSwitchboardToLeader,
					[ports[0]!]
				);
				return;
			case 'bye':
				return this.#gone(from);
		}
	}

	#hello(from: Tab, tab: string, build: number): void {
		from.tab = tab;
		from.build = build;
		this.#tabs.add(from);
		// The tab holds this lock for its life: getting it means that the tab is gone, however it went.
		void this.#locks.request(tabLock(tab), () => this.#gone(from));
		void this.#alive.then(() => this.#tell(from, { v: 1, type: 'here', life: this.#life }));
		const leader = this.#leaderMessage();
		if (leader) this.#tell(from, leader);
		this.#announceNewest();
	}

	#gone(tab: Tab): void {
		if (!this.#tabs.delete(tab)) return;
		if (this.#leader?.tab === tab.tab) this.#leader = undefined;
		this.#announceNewest();
	}

	#leaderMessage(): FromSwitchboard | undefined {
		return this.#leader && { v: 1, type: 'leader', term: this.#leader.term, build: this.#leader.build };
	}

	#announceNewest(): void {
		let build = 0;
		for (const tab of this.#tabs) build = Math.max(build, tab.build);
		for (const tab of this.#tabs) this.#tell(tab, { v: 1, type: 'newest', build });
	}

	#tell(tab: Tab, message: FromSwitchboard): void {
		tab.port.postMessage(message);
	}
}
