/** The states of a job, in the order in which they are told. */
import { isFinal, type Job, type State } from '@inos/sdk'

/** Every state. */
export const STATES: readonly State[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired']

/** Whether it is the word of a state. */
export function isStateWord(value: unknown): value is State {
  return STATES.some((state) => state === value)
}

/** What a job cost; nothing is known of that before its end. */
export function costOf({ state, cost }: Job): number | undefined {
  return isFinal(state) ? cost : undefined
}

/** Whether a job can still be stopped. */
export function isCancellable({ state }: Job): boolean {
  return !isFinal(state)
}

/** Whether a job can be asked for once more. */
export function isRetryable({ state }: Job): boolean {
  return isFinal(state) && state !== 'succeeded'
}
