/**
 * A guest that cheats, spoken frame by frame. It also writes the format down a second time, independently of the code
 * that it attacks: a change of one without the other shows here.
 */
import { beforeAll, expect, test } from 'vitest';
import { agree, agreementKeyPair } from '../crypto/agreement.ts';
import { concatBytes, utf8 } from '../crypto/bytes.ts';
import { open, seal } from '../crypto/envelope.ts';
import { hkdf, labelledHash, sha256 } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { cryptoReady } from '../crypto/sodium.ts';
import { bytes, bytesUpTo, decode, encode, map, text } from '../protocol/cbor.ts';
import { Random } from '../testing/random.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { receiveGuest, type GuestRequest, type HandshakeError, type SharedSecret } from './emoji-handshake.ts';
import { MemoryNetwork } from './transport/memory.ts';

beforeAll(() => cryptoReady());

const offerSchema = map({ type: text(9), ephemeral: bytes(32), offer: bytesUpTo(99) });
const frameSchema = map({ tag: bytes(32), sealed: bytesUpTo(9999) });

/** Says HELLO for one request and key, and reveals what the cheat makes of them. */
async function guestThat(
	cheat: (said: { seed: Uint8Array; nonce: Uint8Array; request: Uint8Array }) => void
): Promise<string> {
	const time = new VirtualTime();
	const random = new Random(3);
	const ports = { timers: time, random: (length: number) => random.bytes(length) };
	const network = new MemoryNetwork({ timers: time, random: () => 0 });
	const [host, guest] = [network.device('host'), network.device('guest')];
	await host.start();
	await guest.start();
	const secret: SharedSecret = { purpose: 'pairing', tag: random.bytes(32), key: random.bytes(32) };

	let outcome: Promise<GuestRequest> | undefined;
	host.onChannel('pairing', (channel) => {
		channel.onMessage((frame) => {
			const ends = { host: 'host', guest: 'guest' };
			outcome = receiveGuest(channel, frame, secret, ends, { offer: utf8('offer'), admit: () => undefined }, ports);
		});
	});

	const channel = await guest.dial('host', 'pairing');
	const answers: Uint8Array[] = [];
	channel.onMessage((frame) => void answers.push(frame));
	const say = (message: object, number: number): Promise<void> => {
		const aad = encode({ side: 'guest', number });
		const sealed = seal(secret.key, LABELS.handshakeMessage, aad, encode(message));
		return channel.send(encode({ tag: secret.tag, sealed }));
	};

	const said = { seed: random.bytes(32), nonce: random.bytes(32), request: utf8('the request') };
	const commitment = labelledHash(
		LABELS.handshakeCommitment,
		agreementKeyPair(said.seed).publicKey,
		said.nonce,
		sha256(said.request)
	);
	await say({ type: 'HELLO', commitment }, 0);
	await time.advance(10);
	const answer = decode(answers[0]!, frameSchema);
	const opened = open(secret.key, LABELS.handshakeMessage, encode({ side: 'host', number: 0 }), answer.sealed);
	const offer = decode(opened, offerSchema);

	cheat(said);
	const ephemeral = agreementKeyPair(said.seed);
	const transcript = labelledHash(
		LABELS.handshakeTranscript,
		encode({
			purpose: 'pairing',
			tag: secret.tag,
			hostPeer: utf8('host'),
			guestPeer: utf8('guest'),
			commitment,
			host: offer.ephemeral,
			guest: ephemeral.publicKey,
			nonce: said.nonce,
			offer: offer.offer
		})
	);
	const key = hkdf(concatBytes(agree(ephemeral.secretKey, offer.ephemeral)), LABELS.handshakeKey, transcript);
	const sealed = seal(key, LABELS.handshakeRequest, transcript, said.request);
	await say({ type: 'REVEAL', ephemeral: ephemeral.publicKey, nonce: said.nonce, sealed }, 1);
	const result = outcome!.then(
		({ request }) => new TextDecoder().decode(request),
		(error: HandshakeError) => error.code
	);
	await time.advance(10);
	return await result;
}

test('an honest guest, spoken by hand, is understood [P-3]', async () => {
	expect(await guestThat(() => {})).toBe('the request');
});

test('a guest that reveals another key, nonce or request than it committed to is refused [P-3]', async () => {
	expect(await guestThat((said) => (said.seed = new Uint8Array(32).fill(5)))).toBe('GARBLED');
	expect(await guestThat((said) => (said.nonce = new Uint8Array(32)))).toBe('GARBLED');
	expect(await guestThat((said) => (said.request = utf8('a request whose emojis fit')))).toBe('GARBLED');
});
