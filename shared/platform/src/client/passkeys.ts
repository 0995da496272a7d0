/**
 * Passkeys with PRF, as the page asks for them: only a page can. What comes out is bytes for the vault's worker; the
 * page keeps nothing. There is no server, so challenges are only there because they must be: whether the PRF value is
 * right is what the vault's envelope says.
 *
 * - The relying party is the exact host, never a parent of it.
 * - `eval.first` is always given: an empty `prf: {}` breaks Windows Hello.
 * - At enrolment PRF is evaluated by `create` and again by `get`; the worker compares. Some authenticators give no value
 *   with `create`: then `get` is asked twice.
 * - A request that fails with PRF is made once more without, only to be able to say that PRF is what is missing.
 */

import {
	base64URLStringToBuffer,
	bufferToBase64URLString,
	sendSignal,
	startAuthentication,
	startRegistration,
	type PublicKeyCredentialCreationOptionsJSON,
	type PublicKeyCredentialRequestOptionsJSON
} from '@simplewebauthn/browser';
import type { VaultAnswer } from '../protocol/shapes.ts';
import type { NewPasskey, PasskeyPrompt } from '../protocol/vault-calls.ts';

type Refused = Extract<VaultAnswer, { ok: false }>;

/** EdDSA, ES256, RS256. */
const ALGORITHMS = [-8, -7, -257];

/** `prf` is younger than the types of the extensions. */
interface PrfResults {
	prf?: { enabled?: boolean; results?: { first?: BufferSource } };
}

/** Makes a passkey. `name`: what the browser's list of passkeys calls it. */
export async function createPasskey(
	{ salt, credentials }: PasskeyPrompt,
	name: string
): Promise<{ ok: true; id: string; passkey: NewPasskey } | Refused> {
	const options: PublicKeyCredentialCreationOptionsJSON = {
		challenge: random(),
		rp: { id: location.hostname, name: location.hostname },
		user: { id: random(), name, displayName: name },
		pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
		authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
		attestation: 'none',
		excludeCredentials: credentials.map(({ id, transports }) => descriptor(id, transports))
	};
	const made = await tryWithPrf(
		(extensions) => startRegistration({ optionsJSON: { ...options, ...extensions } }),
		salt
	);
	if (!made.ok) return made;
	const { id, response, clientExtensionResults } = made.value;
	const values: Uint8Array[] = [];
	const { prf } = clientExtensionResults as PrfResults;
	const first = prf?.results?.first;
	if (first) values.push(bytesOf(first));
	if (made.withPrf && prf?.enabled !== false) {
		const credential = { id: new Uint8Array(base64URLStringToBuffer(id)), transports: response.transports ?? [] };
		while (values.length < 2) {
			const got = await askPasskey({ salt, credentials: [credential] });
			if (!got.ok) {
				forgetPasskey(id);
				return got;
			}
			values.push(got.prf);
		}
		const [one, two] = values as [Uint8Array, Uint8Array];
		const passkey = { name, credential: credential.id, transports: credential.transports, first: one, second: two };
		return { ok: true, id, passkey };
	}
	forgetPasskey(id);
	return PRF_MISSING;
}

/** Evaluates one of these passkeys; the person chooses which. */
export async function askPasskey({
	salt,
	credentials
}: PasskeyPrompt): Promise<{ ok: true; credential: Uint8Array; prf: Uint8Array } | Refused> {
	const options: PublicKeyCredentialRequestOptionsJSON = {
		challenge: random(),
		rpId: location.hostname,
		userVerification: 'required',
		allowCredentials: credentials.map(({ id, transports }) => descriptor(id, transports))
	};
	const got = await tryWithPrf(
		(extensions) => startAuthentication({ optionsJSON: { ...options, ...extensions } }),
		salt
	);
	if (!got.ok) return got;
	const first = (got.value.clientExtensionResults as PrfResults).prf?.results?.first;
	if (!first) return PRF_MISSING;
	return { ok: true, credential: new Uint8Array(base64URLStringToBuffer(got.value.id)), prf: bytesOf(first) };
}

async function tryWithPrf<T>(
	ask: (extensions: object) => Promise<T>,
	salt: Uint8Array
): Promise<{ ok: true; value: T; withPrf: boolean } | Refused> {
	try {
		return { ok: true, value: await ask({ extensions: { prf: { eval: { first: salt } } } }), withPrf: true };
	} catch (error) {
		const refusal = refusalOf(error);
		if (refusal) return refusal;
	}
	try {
		return { ok: true, value: await ask({}), withPrf: false };
	} catch (error) {
		return refusalOf(error) ?? { ok: false, code: 'PASSKEY_FAILED', reason: 'This browser could not use the passkey.' };
	}
}

/** Of what trying again would not change. */
function refusalOf(error: unknown): Refused | undefined {
	const { name } = error as Error;
	if (name === 'NotAllowedError' || name === 'AbortError') {
		return {
			ok: false,
			code: 'NOT_ALLOWED',
			reason: 'The passkey was not used: it was cancelled, refused, or took too long.'
		};
	}
	if (name === 'InvalidStateError') {
		return { ok: false, code: 'ALREADY', reason: 'There is a passkey for this vault on this device already.' };
	}
	if (name === 'SecurityError') {
		return { ok: false, code: 'PASSKEY_FAILED', reason: 'Passkeys do not work at this address.' };
	}
	return undefined;
}

const PRF_MISSING: Refused = {
	ok: false,
	code: 'PRF_MISSING',
	reason: 'This passkey cannot unlock a vault: the device or browser that keeps it gives no key (PRF).'
};

/** A passkey that serves nothing (any more): asks the browser to take it out of the person's list. @param credentialId base64url */
export function forgetPasskey(credentialId: string): void {
	void sendSignal({ signalName: 'unknownCredential', rpID: location.hostname, credentialID: credentialId }).catch(
		() => {}
	);
}

function descriptor(id: Uint8Array, transports: string[]) {
	return {
		id: bufferToBase64URLString(id.slice().buffer),
		type: 'public-key' as const,
		transports: transports as never
	};
}

function random(): string {
	return bufferToBase64URLString(crypto.getRandomValues(new Uint8Array(32)).buffer);
}

function bytesOf(source: BufferSource): Uint8Array {
	if (source instanceof ArrayBuffer) return new Uint8Array(source);
	return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
}
