import { expect, test } from 'vitest';
import { bodiesOf, ME, scopesFor, writableScope, type ProfileState, type ScopeLike } from './profile.ts';
import { orderSources, sourceName } from './source.ts';

const scope = (id: string, kind: string, more: Partial<ScopeLike> = {}): ScopeLike => ({
	scope: `${kind}:${id}`,
	id,
	kind,
	name: 'Anna',
	role: 'OWNER',
	personal: false,
	...more
});
const state = (more: Partial<ProfileState>): ProfileState => ({
	profiles: [],
	areas: [],
	scopes: [],
	labels: [],
	...more
});
const child = { id: 'p1', name: 'Ben', relation: 'child', birth: null, sex: null };

test('the person themselves is there from the start, before any row', () => {
	expect(bodiesOf(state({}))).toMatchObject([{ id: ME, relation: 'me', areas: [] }]);
});

test('[HL-10] a profile has its scopes by rows of the personal scope; one that was received stands on its own', () => {
	const scopes = [
		scope('a1', 'measurements'),
		scope('b1', 'cycle'),
		scope('c1', 'measurements', { name: 'Ben' }),
		scope('d1', 'medication', { role: 'VIEWER', name: 'Grandma' }),
		scope('x', 'user', { personal: true }),
		scope('f', 'folder')
	];
	const areas = [
		{ id: '1', profile_id: ME, area: 'a1' },
		{ id: '2', profile_id: ME, area: 'b1' },
		{ id: '3', profile_id: 'p1', area: 'c1' },
		{ id: '4', profile_id: 'gone', area: 'd1' }
	];
	const bodies = bodiesOf(state({ profiles: [child], areas, scopes }));
	expect(bodies.map(({ id, areas: own }) => [id, own.map(({ id: area }) => area)])).toEqual([
		[ME, ['a1', 'b1']],
		['p1', ['c1']],
		['scope:medication:d1', ['d1']]
	]);
	expect(scopesFor(bodies[0]!, 'measurements')).toEqual(['measurements:a1']);
	expect(writableScope(bodies[0]!, 'medication')).toBeUndefined();
	expect(writableScope(bodies[2]!, 'medication')).toBeUndefined();
	expect(bodies[2]!.name).toBe('Grandma');
});

test('[HL-11] of two scopes for the same thing both are read and the same one is written on every device', () => {
	const scopes = [scope('b', 'mind'), scope('a', 'mind'), scope('0', 'mind', { role: 'EDITOR' })];
	const areas = ['b', 'a', '0'].map((area, at) => ({ id: String(at), profile_id: ME, area }));
	const forwards = bodiesOf(state({ areas, scopes }))[0]!;
	const backwards = bodiesOf(state({ areas: areas.toReversed(), scopes: scopes.toReversed() }))[0]!;
	expect(scopesFor(forwards, 'mind')).toEqual(['mind:a', 'mind:b', 'mind:0']);
	expect(scopesFor(backwards, 'mind')).toEqual(scopesFor(forwards, 'mind'));
	expect(writableScope(forwards, 'mind')).toBe('mind:a');
});

test('[HL-23] a watch is one source, whatever address and software stand in its name', () => {
	const device = (address: string, software: string) =>
		`<<HKDevice: 0x${address}>, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,7, software:${software}>`;
	const keys = new Set(
		Array.from(
			{ length: 73 },
			(_, at) =>
				sourceName('Anna\u2019s Apple\u00a0Watch', device((0x282a45810 + at * 4096).toString(16), `9.${at}`)).key
		)
	);
	expect(keys.size).toBe(1);
	expect([...keys][0]).not.toContain('0x');
	expect(sourceName('Anna\u2019s Apple Watch', device('1', '10')).key).toBe([...keys][0]);
	expect(sourceName('Anna\u2019s Apple Watch', device('1', '10').replace('Watch6,7', 'Watch7,1')).key).not.toBe(
		[...keys][0]
	);
	expect(sourceName('', device('1', '10')).name).toBe('Apple Watch');
	expect(sourceName('', '').name).toBe('Unnamed');
});

test('[HL-22] what is typed counts first, then what is worn, then the phone, until a person says otherwise', () => {
	const row = (id: string, kind: string, rank: string | null = null) => ({ scope_id: 's', id, name: id, kind, rank });
	const rows = [row('phone', 'phone'), row('app', 'program'), row('watch', 'worn')];
	expect(orderSources(rows)).toEqual(['by-hand', 'watch', 'phone', 'app']);
	expect(orderSources([row('phone', 'phone', '0000'), row('app', 'program'), row('watch', 'worn', '0001')])).toEqual([
		'by-hand',
		'phone',
		'watch',
		'app'
	]);
});
