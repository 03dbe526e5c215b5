/** How finely a scene is drawn while it plays: with fewer pixels where frames are slow, and only where that makes them faster. */

/** Shares of the device's pixels along a side, the finest first. */
const SHARES = [1, 0.75, 0.5, 0.35] as const
/** Frames that take longer than this on average are slow, in milliseconds: fewer than 45 a second. */
const SLOW_MS = 22
/** Over how many frames that is looked at: over fewer, chance decides. */
const FRAMES = 60
/** A longer gap is a page that nobody saw, in milliseconds. */
const UNSEEN_MS = 500
/** What a coarser picture must at most take of the time before, or its pixels were not what took it. */
const WORTH = 0.85
/** How many looks in a row must be fast before a finer picture is tried, at first, and how much longer that takes each time it was too much. */
const PATIENCE = 20
const LESS_OFTEN = 4

/** The choice, made again and again from how long frames take. */
export class Fineness {
  #at = 0
  #gaps: number[] = []
  /** What was changed last and is not known yet to have been right; with how long frames took before. */
  #trial: { to: 'coarser' | 'finer'; before: number } | undefined
  /** Fewer pixels do not help here: the time goes elsewhere. */
  #isUseless = false
  #fast = 0
  #patience = PATIENCE

  /** The share of the device's pixels along a side. */
  get share(): number {
    return SHARES[this.#at] ?? 1
  }

  /** Takes how long a frame took, in milliseconds; true where the share is another one now. */
  note(gap: number): boolean {
    if (gap > UNSEEN_MS) return false
    this.#gaps.push(gap)
    if (this.#gaps.length < FRAMES) return false
    const mean = this.#gaps.reduce((sum, one) => sum + one, 0) / FRAMES
    this.#gaps = []
    const was = this.#at
    this.#look(mean)
    return this.#at !== was
  }

  /** Begins anew: the picture has another size, and what was found out is of the old one. */
  reset(): void {
    this.#at = 0
    this.#gaps = []
    this.#trial = undefined
    this.#isUseless = false
    this.#fast = 0
    this.#patience = PATIENCE
  }

  #look(mean: number): void {
    const trial = this.#trial
    this.#trial = undefined
    if (trial?.to === 'coarser' && mean > trial.before * WORTH) {
      this.#isUseless = true
      this.#at -= 1
      return
    }
    if (mean > SLOW_MS) this.#coarser(mean, trial?.to === 'finer')
    else this.#finer(mean)
  }

  #coarser(mean: number, wasTooMuch: boolean): void {
    this.#fast = 0
    if (wasTooMuch) this.#patience *= LESS_OFTEN
    if (this.#isUseless || this.#at === SHARES.length - 1) return
    this.#at += 1
    this.#trial = { to: 'coarser', before: mean }
  }

  #finer(mean: number): void {
    this.#fast += 1
    if (this.#at === 0 || this.#fast < this.#patience) return
    this.#fast = 0
    this.#at -= 1
    this.#trial = { to: 'finer', before: mean }
  }
}
