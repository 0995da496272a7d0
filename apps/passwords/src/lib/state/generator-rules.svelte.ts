/** The rules of the generator, as they were set last in this page. Nothing that was generated is kept. */

import type { CharacterClass } from '#lib/domain/generator.ts';

class GeneratorRules {
	kind = $state<'password' | 'passphrase'>('password');
	length = $state(20);
	classes = $state.raw<readonly CharacterClass[]>(['lower', 'upper', 'digits', 'symbols']);
	withoutAmbiguous = $state(false);
	words = $state(5);
	separator = $state('-');
	capitals = $state(false);
	digit = $state(false);
}

export const rememberedRules = new GeneratorRules();
