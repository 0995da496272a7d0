declare global {
	namespace App {
		interface PageState {
			/** Which transaction is open: a number that only this page knows. */
			entry?: number;
		}
	}
}

export {};
