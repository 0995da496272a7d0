import { expect, test } from 'vitest';
import { canWrite } from './roles.ts';

test('who only reads, or has no role, is offered nothing that writes', () => {
	expect([canWrite('OWNER'), canWrite('EDITOR'), canWrite('VIEWER'), canWrite(undefined)]).toEqual([
		true,
		true,
		false,
		false
	]);
});
