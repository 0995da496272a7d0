// A device's fingerprint reader, as the browser's debugger plays it: makes and keeps passkeys, with PRF or without.
import type { CDPSession, Page } from 'playwright-core';

/** One authenticator of a page. It has to live as long as its passkeys: carried over by the debugger they lose PRF. */
export class Authenticator {
	readonly #session: CDPSession;
	readonly #id: string;

	private constructor(session: CDPSession, id: string) {
		this.#session = session;
		this.#id = id;
	}

	static async on(page: Page, { hasPrf = true } = {}): Promise<Authenticator> {
		const session = await page.context().newCDPSession(page);
		await session.send('WebAuthn.enable');
		const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
			options: {
				protocol: 'ctap2',
				ctap2Version: 'ctap2_1',
				transport: 'internal',
				hasResidentKey: true,
				hasUserVerification: true,
				isUserVerified: true,
				automaticPresenceSimulation: true,
				hasPrf
			}
		});
		return new Authenticator(session, authenticatorId);
	}

	/** Whether the finger is the right one. */
	async recognises(isUserVerified: boolean): Promise<void> {
		await this.#session.send('WebAuthn.setUserVerified', { authenticatorId: this.#id, isUserVerified });
	}

	/** How many passkeys it keeps. */
	async passkeys(): Promise<number> {
		const { credentials } = await this.#session.send('WebAuthn.getCredentials', { authenticatorId: this.#id });
		return credentials.length;
	}
}
