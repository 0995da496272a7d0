/**
 * Four emojis that two people or two screens compare: 24 bits of a SHA-256. That is enough only where the other side
 * committed to its half before it saw ours, which pairing and invitations see to.
 */
import { sha256 } from './hash.ts';

/** 64 that differ in shape as well as colour, with the word that a screen reader says. The order is part of the format. */
export const EMOJIS: readonly (readonly [emoji: string, name: string])[] = [
	['🐶', 'dog'],
	['🐱', 'cat'],
	['🦁', 'lion'],
	['🐴', 'horse'],
	['🦄', 'unicorn'],
	['🐷', 'pig'],
	['🐘', 'elephant'],
	['🐰', 'rabbit'],
	['🐼', 'panda'],
	['🐓', 'rooster'],
	['🐧', 'penguin'],
	['🐢', 'turtle'],
	['🐟', 'fish'],
	['🐙', 'octopus'],
	['🦋', 'butterfly'],
	['🌷', 'tulip'],
	['🌳', 'tree'],
	['🌵', 'cactus'],
	['🍄', 'mushroom'],
	['🌍', 'globe'],
	['🌙', 'moon'],
	['☁️', 'cloud'],
	['🔥', 'fire'],
	['🍌', 'banana'],
	['🍎', 'apple'],
	['🍓', 'strawberry'],
	['🌽', 'corn'],
	['🍕', 'pizza'],
	['🎂', 'cake'],
	['❤️', 'heart'],
	['😀', 'smile'],
	['🤖', 'robot'],
	['🎩', 'hat'],
	['👓', 'glasses'],
	['🔧', 'wrench'],
	['🎅', 'santa'],
	['👍', 'thumb'],
	['☂️', 'umbrella'],
	['⌛', 'hourglass'],
	['⏰', 'clock'],
	['🎁', 'gift'],
	['💡', 'bulb'],
	['📕', 'book'],
	['✏️', 'pencil'],
	['📎', 'paperclip'],
	['✂️', 'scissors'],
	['🔒', 'lock'],
	['🔑', 'key'],
	['🔨', 'hammer'],
	['☎️', 'telephone'],
	['🏁', 'flag'],
	['🚂', 'train'],
	['🚲', 'bicycle'],
	['✈️', 'aeroplane'],
	['🚀', 'rocket'],
	['🏆', 'trophy'],
	['⚽', 'ball'],
	['🎸', 'guitar'],
	['🎺', 'trumpet'],
	['🔔', 'bell'],
	['⚓', 'anchor'],
	['🎧', 'headphones'],
	['📁', 'folder'],
	['📌', 'pin']
];

/** Four emojis of SHA-256(bytes), six bits each. */
export function fingerprintEmojis(bytes: Uint8Array): [string, string, string, string] {
	const hash = sha256(bytes);
	const bits = (hash[0]! << 16) | (hash[1]! << 8) | hash[2]!;
	const at = (shift: number): string => EMOJIS[(bits >> shift) & 63]![0];
	return [at(18), at(12), at(6), at(0)];
}

/** The word for one of our emojis, for screen readers and for reading aloud. */
export function emojiName(emoji: string): string {
	return EMOJIS.find(([character]) => character === emoji)?.[1] ?? 'unknown';
}
