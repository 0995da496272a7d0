/**
 * What is known about reminders, said without promising anything.
 *
 * A web app cannot ring: browsers gave up scheduled notifications, and a push would need a server. What this app can do
 * is write a calendar file; whether somebody opened it, and whether that calendar rings, it does not know. So nothing
 * here ever says that a reminder is set.
 */

import { contentId } from '@slf/platform';
import { formatPlan, type Plan } from './schedule.ts';

/** What was last written into a calendar file, as a preference of the person. */
export interface CalendarNote {
	/** Milliseconds since 1970. */
	readonly at: number;
	/** Of the plans that were in it. */
	readonly plans: string;
}

export function plansHash(plans: readonly { readonly id: string; readonly plan: Plan }[]): string {
	return contentId(plans.map(({ id, plan }) => `${id} ${formatPlan(plan)}`).sort());
}

export function formatCalendarNote({ at, plans }: CalendarNote): string {
	return `${at} ${plans}`;
}

export function parseCalendarNote(text: string | null): CalendarNote | undefined {
	const parts = /^(\d{1,15}) (h:[\w-]{43})$/.exec(text ?? '');
	return parts ? { at: Number(parts[1]), plans: parts[2]! } : undefined;
}

export type ReminderState =
	/** Nothing is planned. */
	| 'nothing planned'
	/** No file was ever saved: nobody will ring. */
	| 'no file'
	/** A file was saved with the present plans; what became of it is not known here. */
	| 'file saved'
	/** Plans changed since the file was saved. */
	| 'file outdated';

export function reminderState(
	plans: readonly { readonly id: string; readonly plan: Plan }[],
	note: CalendarNote | undefined
): ReminderState {
	const ringing = plans.filter(({ plan }) => plan.times.length > 0);
	if (ringing.length === 0) return 'nothing planned';
	if (!note) return 'no file';
	return note.plans === plansHash(ringing) ? 'file saved' : 'file outdated';
}

const SENTENCES: Record<ReminderState, string> = {
	'nothing planned': 'Nothing is planned at a time of day.',
	'no file': 'This app cannot ring by itself. Save a calendar file and open it in a calendar that can.',
	'file saved':
		'This app cannot ring by itself. A calendar file with these times was saved; whether a calendar rings by it is not known here.',
	'file outdated':
		'This app cannot ring by itself. The times were changed since a calendar file was last saved: save it again.'
};

export function reminderSentence(state: ReminderState): string {
	return SENTENCES[state];
}
