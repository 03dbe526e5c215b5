/** `@inos/sdk`: the client of an INOS server. */
export { Inos, type InosOptions } from './inos.js'
export * from './errors.js'
export type { CapsuleForm, InputForm, JobForm, MethodName, ParamsOf, UnitName } from './capsules.js'
export type { BytesLike } from './bytes.js'
export { isFinal, type JobEvent, type WatchOptions } from './events.js'
export type { Answered, Call } from './http/call.js'
export type { Page, Pages } from './http/pages.js'
export type { Body, Progress } from './http/body.js'
export type { Asked, Options } from './http/transport.js'
export type { Account as AccountCalls, Keys as KeyCalls } from './account.js'
export type { Node as NodeCalls, Units as UnitCalls } from './catalogue.js'
export type { Console as ConsoleCalls } from './console.js'
export type { JobFilter, Jobs as JobCalls, WaitOptions } from './jobs.js'
export type { BlobForm, Blobs as BlobCalls } from './blobs.js'
export { Bytes, type Ran, RunOutput } from './output.js'
export type { RegionsAndTwins as RegionCalls } from './region-twins.js'
export {
  type Region,
  type RegionAt,
  type RegionForm,
  type Regions as PlainRegionCalls,
  RegionSnapshot,
  type RegionWish,
} from './regions.js'
export type { RegionCopy } from './socket/region-copy.js'
export type { RegionListener, RegionSubscription, SubscribeOptions } from './socket/regions.js'
export type { NextOptions, Twin, TwinOptions, TwinView } from './twin/index.js'
export type { FieldKind, Fields, Records } from './twin/view.js'
export type { Shape } from './shapes.js'
export type { RunInput, StreamedOutput } from './run.js'
export type { Connection, ConnectOptions, RunOptions } from './socket/connection.js'
export type {
  About,
  ClientFrame,
  Codec,
  Happening,
  Outcome,
  RegionState,
  RegionTopic,
  ServerBody,
  ServerFrame,
  Submission,
  Topic,
  Welcome,
} from './socket/frames.js'
export type { Socket, SocketClass } from './socket/link.js'
export type { ReceiptParts, RootParts } from './receipt-parts.js'
export type * from './generated/api.js'
export type { Units as UnitParams } from './generated/units.js'
export type { ProblemCode } from './generated/problems.js'
