import { expect, test } from 'vitest';
import { PlatformError } from './errors.ts';

test('a PlatformError survives a MessagePort with its code and place [C-17]', () => {
	const error = new PlatformError('DENIED', 'VIEWER may not write notes', {
		table: 'notes',
		scope: 'doc:1',
		role: 'VIEWER',
		position: 0
	});
	const arrived = PlatformError.fromWire(structuredClone(error.toWire()));
	expect(arrived).toBeInstanceOf(PlatformError);
	expect({ ...arrived.toWire() }).toEqual({ ...error.toWire() });
	expect(arrived.column).toBeUndefined();
});

test('anything thrown becomes a PlatformError, once [C-17]', () => {
	const error = new PlatformError('DENIED', 'no');
	expect(PlatformError.from(error)).toBe(error);
	expect(PlatformError.from(new RangeError('out'))).toMatchObject({ code: 'INTERNAL', message: 'out' });
	expect(PlatformError.from('text')).toMatchObject({ code: 'INTERNAL' });
});
