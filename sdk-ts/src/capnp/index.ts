/** `@inos/sdk/capnp`: `inos.capsule.v1`, the frames as Cap'n Proto messages: for programs that have many small jobs. */
import { toHex } from '../bytes.js'
import { CapsuleError } from '../errors.js'
import {
  Accepted,
  After,
  Answer,
  ClientFrame as Client,
  Gap,
  Goodbye,
  JobLog,
  JobOutput,
  JobState,
  LowBalance,
  Progress,
  Publish as PublishAt,
  Published,
  RegionHave,
  RegionState as RegionStateAt,
  RegionTopic as RegionTopicAt,
  Resume,
  ServerFrame as Server,
  StorageOwed,
  Submission as SubmissionAt,
  Topic as TopicAt,
  Trouble,
  Welcome as WelcomeAt,
} from '../generated/layout/frames.js'
import {
  type About,
  type ClientFrame,
  type Codec,
  PAGES_MAX,
  type RegionTopic,
  type ServerBody,
  type ServerFrame,
  type Submission,
  type Topic,
} from '../socket/frames.js'
import { Capsule } from '../generated/layout/capsule.js'
import { idOf, writeCapsule } from './capsule.js'
import { ReadOutcome, readId, readProblem, stateOf } from './outcome.js'
import { Message, type StructReader } from './reader.js'
import { Writer } from './writer.js'

/** The most things that one frame has. */
const BATCH_MAX = 1_000
const NODE = 32
/** What a small frame takes, and what a small capsule takes, in bytes. */
const FRAME_BYTES = 128
const CAPSULE_BYTES = 256

/** The subprotocol for Cap'n Proto messages. */
export const capsule: Codec = {
  protocol: 'inos.capsule.v1',
  write: writeClientFrame,
  read(message) {
    if (typeof message === 'string') throw new CapsuleError('a text came where messages are bytes')
    return readServerFrame(new Uint8Array(message))
  },
}

/** The message that a client's frame is. */
export function writeClientFrame(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  const submissions = frame.is === 'submit' ? frame.submissions.length : 0
  const to = new Writer(FRAME_BYTES + CAPSULE_BYTES * submissions)
  const at = to.root(Client)
  const place = to.pointer(at, Client, 0)
  switch (frame.is) {
    case 'submit':
      writeSubmissions(to, place, frame.submissions)
      break
    case 'cancel':
      number(to, at, Client.cancelTag, frame.correlation)
      break
    case 'subscribe':
      to.u16(at, Client.tag, Client.subscribeTag)
      writeTopic(to, to.struct(place, TopicAt), frame.topic)
      break
    case 'unsubscribe':
      to.u16(at, Client.tag, Client.unsubscribeTag)
      writeTopic(to, to.struct(place, TopicAt), frame.topic)
      break
    case 'ack':
      number(to, at, Client.ackTag, frame.seq)
      break
    case 'ping':
      number(to, at, Client.pingTag, frame.number)
      break
    case 'have': {
      to.u16(at, Client.tag, Client.haveTag)
      const have = to.struct(place, RegionHave)
      to.text(to.pointer(have, RegionHave, RegionHave.name), frame.name)
      to.big(have, RegionHave.epoch, frame.epoch)
      break
    }
    case 'publish':
      to.u16(at, Client.tag, Client.publishTag)
      writePublish(to, to.struct(place, PublishAt), frame)
      break
    case 'resume': {
      to.u16(at, Client.tag, Client.resumeTag)
      const resume = to.struct(place, Resume)
      to.data(to.pointer(resume, Resume, Resume.session), idOf(frame.session))
      to.u64(resume, Resume.lastSeq, frame.lastSeq)
    }
  }
  return to.done()
}

function number(to: Writer, at: number, tag: number, value: number): void {
  to.u16(at, Client.tag, tag)
  to.u64(at, Client.cancel, value)
}

function writeSubmissions(to: Writer, pointer: number, submissions: readonly Submission[]): void {
  let at = to.list(pointer, submissions.length, SubmissionAt)
  for (const { correlation, capsule } of submissions) {
    to.u64(at, SubmissionAt.correlation, correlation)
    const here = to.struct(to.pointer(at, SubmissionAt, SubmissionAt.capsule), Capsule)
    writeCapsule(to, here, capsule)
    at += 8 * (SubmissionAt.data + SubmissionAt.pointers)
  }
}

function writePublish(to: Writer, at: number, frame: Extract<ClientFrame, { is: 'publish' }>): void {
  to.u64(at, PublishAt.correlation, frame.correlation)
  to.text(to.pointer(at, PublishAt, PublishAt.name), frame.name)
  if (frame.offset !== undefined) {
    to.u16(at, PublishAt.place.tag, PublishAt.place.offsetTag)
    to.u64(at, PublishAt.place.offset, frame.offset)
  }
  to.data(to.pointer(at, PublishAt, PublishAt.bytes), frame.bytes)
}

function writeTopic(to: Writer, at: number, topic: Topic | RegionTopic): void {
  const place = to.pointer(at, TopicAt, 0)
  if ('region' in topic) {
    to.u16(at, TopicAt.tag, TopicAt.regionTag)
    const inside = to.struct(place, RegionTopicAt)
    to.text(to.pointer(inside, RegionTopicAt, RegionTopicAt.name), topic.region)
    to.u32(inside, RegionTopicAt.maxRateHz, topic.maxRateHz)
    to.big(inside, RegionTopicAt.after, topic.after)
    to.bool(inside, RegionTopicAt.deflate, topic.deflate === true)
    to.bool(inside, RegionTopicAt.confirms, topic.confirms === true)
    return
  }
  const { job, after } = topic
  if (after !== undefined) {
    to.u16(at, TopicAt.tag, TopicAt.afterTag)
    const inside = to.struct(place, After)
    to.u64(inside, After.event, after)
    if (job === undefined) return
    to.u16(inside, After.jobs.tag, After.jobs.oneTag)
    to.data(to.pointer(inside, After, After.jobs.one), idOf(job))
  } else if (job !== undefined) {
    to.u16(at, TopicAt.tag, TopicAt.jobTag)
    to.data(place, idOf(job))
  }
}

/** The server's frame that a message is; throws a `CapsuleError` where it is none. */
export function readServerFrame(bytes: Uint8Array): ServerFrame {
  const from = new Message(bytes).root()
  return { seq: from.u64(Server.seq), body: readBody(from, from.u16(Server.tag)) }
}

function readBody(from: StructReader, tag: number): ServerBody {
  switch (tag) {
    case Server.welcomeTag:
      return readWelcome(from.struct(0))
    case Server.acceptedTag:
      return { is: 'accepted', accepted: from.structs(0, BATCH_MAX, readAccepted) }
    case Server.resultTag:
      return { is: 'result', answers: from.structs(0, BATCH_MAX, readAnswer) }
    case Server.problemTag:
      return readTrouble(from.struct(0))
    case Server.pongTag:
      return { is: 'pong', number: from.u64(Server.pong) }
    case Server.goodbyeTag: {
      const goodbye = from.struct(0)
      return { is: 'goodbye', reason: goodbye.text(Goodbye.reason), retryAfterMs: goodbye.u32(Goodbye.retryAfterMs) }
    }
    case Server.regionTag:
      return readRegion(from.struct(0))
    case Server.publishedTag: {
      const published = from.struct(0)
      return { is: 'published', correlation: published.u64(Published.correlation), epoch: published.big(Published.epoch) }
    }
    default:
      return readHappening(from.struct(0), tag)
  }
}

function readRegion(from: StructReader): ServerBody {
  return {
    is: 'region',
    name: from.text(RegionStateAt.name),
    epoch: from.big(RegionStateAt.epoch),
    base: from.big(RegionStateAt.base),
    len: from.u64(RegionStateAt.len),
    pages: from.u32s(RegionStateAt.pages, PAGES_MAX),
    bytes: from.data(RegionStateAt.bytes),
    deflated: from.bool(RegionStateAt.deflated),
  }
}

function readHappening(from: StructReader, tag: number): ServerBody {
  switch (tag) {
    case Server.progressTag: {
      const [done, total] = [from.u64(Progress.done), from.u64(Progress.total)]
      return { is: 'progress', job: readId(from, Progress.job, 'job_'), done, total, event: from.u64(Progress.event) }
    }
    case Server.stateTag: {
      const [state, cost] = [stateOf(from.u16(JobState.state)), from.u64(JobState.cost)]
      return { is: 'state', job: readId(from, JobState.job, 'job_'), state, cost, event: from.u64(JobState.event) }
    }
    case Server.logTag: {
      const line = from.text(JobLog.line)
      return { is: 'log', job: readId(from, JobLog.job, 'job_'), line, event: from.u64(JobLog.event) }
    }
    case Server.outputTag: {
      const [offset, bytes] = [from.u64(JobOutput.offset), from.data(JobOutput.bytes)]
      const event = from.u64(JobOutput.event)
      return { is: 'output', job: readId(from, JobOutput.job, 'job_'), offset, bytes, event }
    }
    case Server.gapTag:
      return { is: 'gap', first: from.u64(Gap.first), last: from.u64(Gap.last) }
    case Server.lowBalanceTag: {
      const [available, threshold] = [from.u64(LowBalance.available), from.u64(LowBalance.threshold)]
      return { is: 'low_balance', available, threshold, event: from.u64(LowBalance.event) }
    }
    case Server.storageOwedTag: {
      const [paid, owed] = [from.u64(StorageOwed.paid), from.u64(StorageOwed.owed)]
      return { is: 'storage_owed', paid, owed, event: from.u64(StorageOwed.event) }
    }
    default:
      // A newer server may have more to say; what it says is counted and let go.
      return { is: 'unknown' }
  }
}

function readWelcome(from: StructReader): ServerBody {
  return {
    is: 'welcome',
    protocol: from.text(WelcomeAt.protocol),
    node: toHex(from.data(WelcomeAt.node, NODE)),
    session: readId(from, WelcomeAt.session, 'ses_'),
    resumeMs: from.u32(WelcomeAt.resumeMs),
    window: from.u32(WelcomeAt.window),
    frameBytesMax: from.u32(WelcomeAt.frameBytesMax),
    resumed: from.bool(WelcomeAt.resumed),
  }
}

function readAccepted(from: StructReader): { correlation: number; job: string } {
  return { correlation: from.u64(Accepted.correlation), job: readId(from, Accepted.job, 'job_') }
}

function readAnswer(from: StructReader): { correlation: number; outcome: ReadOutcome } {
  return { correlation: from.u64(Answer.correlation), outcome: new ReadOutcome(from.struct(Answer.result)) }
}

function readTrouble(from: StructReader): ServerBody {
  return { is: 'problem', ...readAbout(from), problem: readProblem(from.struct(Trouble.problem)) }
}

function readAbout(from: StructReader): About {
  const { about } = Trouble
  switch (from.u16(about.tag)) {
    case about.submissionTag:
      return { correlation: from.u64(about.submission) }
    case about.publishTag:
      return { publish: from.u64(about.publish) }
    case about.regionTag:
      return { region: from.text(about.region) }
    default:
      return {}
  }
}
