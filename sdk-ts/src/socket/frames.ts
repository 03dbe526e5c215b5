/** The frames of `/v1/ws` as they are meant, whichever way they are written, and what writes them. Only shapes. */
import type { CapsuleForm } from '../capsules.js'
import type { Metrics, Problem, SignedReceipt, State } from '../generated/api.js'
import type { Bytes } from '../output.js'
import type { ReceiptParts } from '../receipt-parts.js'

/** The most pages that one frame has. */
export const PAGES_MAX = 16_384

/** A job to run, under a number of the client's own. */
export interface Submission {
  correlation: number
  capsule: CapsuleForm
}

/** What to be told about: one job or all, from now on or since an event. */
export interface Topic {
  job?: string | undefined
  after?: number | undefined
}

/** A region to be told about: from its newest epoch on, or with what changed since one. */
export interface RegionTopic {
  region: string
  /** The most epochs a second; 0 is no limit. */
  maxRateHz: number
  /** The epoch that we have; 0 is none. */
  after: bigint
  /** Whether bytes may come deflated. */
  deflate?: boolean | undefined
  /** Whether we say `have` for each frame, and get the next one only then. */
  confirms?: boolean | undefined
}

/** What a client says. */
export type ClientFrame =
  | { is: 'submit'; submissions: readonly Submission[] }
  | { is: 'cancel'; correlation: number }
  | { is: 'subscribe'; topic: Topic | RegionTopic }
  | { is: 'unsubscribe'; topic: Topic | RegionTopic }
  | { is: 'publish'; correlation: number; name: string; offset: number | undefined; bytes: Uint8Array }
  | { is: 'have'; name: string; epoch: bigint }
  | { is: 'ack'; seq: number }
  | { is: 'ping'; number: number }
  | { is: 'resume'; session: string; lastSeq: number }

/** What came of a job. */
export interface Outcome {
  readonly job: string
  readonly state: State
  /** What it cost, in microcredits. */
  readonly cost: number
  readonly outputs: readonly Bytes[]
  /** Why it did not succeed. */
  readonly error: Problem | undefined
  readonly metrics: Metrics
  /** The signed receipt, as `verifyReceipt` takes it. */
  readonly receipt: ReceiptParts | SignedReceipt | undefined
}

/** Something that happened to a job or to the account's credits, or a gap in what is remembered. */
export type Happening =
  | { is: 'progress'; job: string; done: number; total: number; event: number }
  | { is: 'state'; job: string; state: State; cost: number; event: number }
  | { is: 'log'; job: string; line: string; event: number }
  | { is: 'output'; job: string; offset: number; bytes: Uint8Array; event: number }
  | { is: 'gap'; first: number; last: number }
  | { is: 'low_balance'; available: number; threshold: number; event: number }
  | { is: 'storage_owed'; paid: number; owed: number; event: number }

/** The first frame of every connection. */
export interface Welcome {
  is: 'welcome'
  protocol: string
  /** The node's key in hex. */
  node: string
  session: string
  /** How long a cut session is kept, in milliseconds. */
  resumeMs: number
  /** How many jobs may be under way at once. */
  window: number
  frameBytesMax: number
  resumed: boolean
}

/** What a refusal is about: at most one of these, and else the whole frame. */
export interface About {
  correlation?: number | undefined
  publish?: number | undefined
  region?: string | undefined
}

/** The newest epoch of a region: all of it, or the pages that changed. */
export interface RegionState {
  is: 'region'
  name: string
  /** 0 where it was removed. */
  epoch: bigint
  /** Pages are put over this epoch or a later one; 0 where the bytes are all of the region. */
  base: bigint
  /** How many bytes the region has. */
  len: number
  pages: readonly number[]
  bytes: Uint8Array
  /** Whether the bytes are those as a raw DEFLATE stream: only for whoever asked for it. */
  deflated: boolean
}

/** What a server says. */
export type ServerBody =
  | Welcome
  | { is: 'accepted'; accepted: readonly { correlation: number; job: string }[] }
  | { is: 'result'; answers: readonly { correlation: number; outcome: Outcome }[] }
  | ({ is: 'problem'; problem: Problem } & About)
  | { is: 'pong'; number: number }
  | { is: 'goodbye'; reason: string; retryAfterMs: number }
  | RegionState
  | { is: 'published'; correlation: number; epoch: bigint }
  | Happening
  | { is: 'unknown' }

/** What a server says, under its number. */
export interface ServerFrame {
  seq: number
  body: ServerBody
}

/** How frames are written. */
export interface Codec {
  /** The subprotocol's name. */
  readonly protocol: string
  /** Writes a client's frame as one message. */
  write(frame: ClientFrame): string | Uint8Array<ArrayBuffer>
  /** Reads a server's message; throws an `AnswerError` where it is none. */
  read(message: string | ArrayBuffer): ServerFrame
}
