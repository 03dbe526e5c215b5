// Made from protocols/schemas by tools/layout.ts; `INOS_WRITE=1 npx vitest run generated` writes it anew.
// Numbers of a struct: its words of data, its pointers, then each field: bytes into the data (bits for a Bool), or the
// index of its pointer. A union has its tag's place and the tag of each choice.

export const ClientFrame = {
  data: 2,
  pointers: 1,
  tag: 0,
  submit: 0,
  submitTag: 0,
  cancel: 8,
  cancelTag: 1,
  subscribe: 0,
  subscribeTag: 2,
  unsubscribe: 0,
  unsubscribeTag: 3,
  ack: 8,
  ackTag: 4,
  ping: 8,
  pingTag: 5,
  resume: 0,
  resumeTag: 6,
  publish: 0,
  publishTag: 7,
  have: 0,
  haveTag: 8,
}

export const Submission = {
  data: 1,
  pointers: 1,
  correlation: 0,
  capsule: 0,
}

export const Topic = {
  data: 1,
  pointers: 1,
  tag: 0,
  jobsTag: 0,
  job: 0,
  jobTag: 1,
  after: 0,
  afterTag: 2,
  region: 0,
  regionTag: 3,
}

export const After = {
  data: 2,
  pointers: 1,
  event: 0,
  jobs: {
    tag: 8,
    allTag: 0,
    one: 0,
    oneTag: 1,
  },
}

export const RegionTopic = {
  data: 2,
  pointers: 1,
  name: 0,
  maxRateHz: 0,
  after: 8,
  deflate: 32,
  confirms: 33,
}

export const RegionHave = {
  data: 1,
  pointers: 1,
  name: 0,
  epoch: 0,
}

export const Publish = {
  data: 3,
  pointers: 2,
  correlation: 0,
  name: 0,
  place: {
    tag: 8,
    wholeTag: 0,
    offset: 16,
    offsetTag: 1,
  },
  bytes: 1,
}

export const Resume = {
  data: 1,
  pointers: 1,
  session: 0,
  lastSeq: 0,
}

export const ServerFrame = {
  data: 3,
  pointers: 1,
  seq: 0,
  tag: 8,
  welcome: 0,
  welcomeTag: 0,
  accepted: 0,
  acceptedTag: 1,
  result: 0,
  resultTag: 2,
  progress: 0,
  progressTag: 3,
  state: 0,
  stateTag: 4,
  problem: 0,
  problemTag: 5,
  pong: 16,
  pongTag: 6,
  goodbye: 0,
  goodbyeTag: 7,
  log: 0,
  logTag: 8,
  output: 0,
  outputTag: 9,
  gap: 0,
  gapTag: 10,
  lowBalance: 0,
  lowBalanceTag: 11,
  storageOwed: 0,
  storageOwedTag: 12,
  region: 0,
  regionTag: 13,
  published: 0,
  publishedTag: 14,
}

export const Welcome = {
  data: 2,
  pointers: 3,
  protocol: 0,
  node: 1,
  session: 2,
  resumeMs: 0,
  window: 4,
  frameBytesMax: 8,
  resumed: 96,
}

export const Accepted = {
  data: 1,
  pointers: 1,
  correlation: 0,
  job: 0,
}

export const Answer = {
  data: 1,
  pointers: 1,
  correlation: 0,
  result: 0,
}

export const Progress = {
  data: 3,
  pointers: 1,
  job: 0,
  done: 0,
  total: 8,
  event: 16,
}

export const JobState = {
  data: 3,
  pointers: 1,
  job: 0,
  state: 0,
  cost: 8,
  event: 16,
}

export const JobLog = {
  data: 1,
  pointers: 2,
  job: 0,
  line: 1,
  event: 0,
}

export const JobOutput = {
  data: 2,
  pointers: 2,
  job: 0,
  offset: 0,
  bytes: 1,
  event: 8,
}

export const Gap = {
  data: 2,
  pointers: 0,
  first: 0,
  last: 8,
}

export const LowBalance = {
  data: 3,
  pointers: 0,
  available: 0,
  threshold: 8,
  event: 16,
}

export const StorageOwed = {
  data: 3,
  pointers: 0,
  paid: 0,
  owed: 8,
  event: 16,
}

export const RegionState = {
  data: 4,
  pointers: 3,
  name: 0,
  epoch: 0,
  base: 8,
  len: 16,
  pages: 1,
  bytes: 2,
  deflated: 192,
}

export const Published = {
  data: 2,
  pointers: 0,
  correlation: 0,
  epoch: 8,
}

export const Trouble = {
  data: 2,
  pointers: 2,
  about: {
    tag: 0,
    frameTag: 0,
    submission: 8,
    submissionTag: 1,
    publish: 8,
    publishTag: 2,
    region: 1,
    regionTag: 3,
  },
  problem: 0,
}

export const Goodbye = {
  data: 1,
  pointers: 1,
  reason: 0,
  retryAfterMs: 0,
}
