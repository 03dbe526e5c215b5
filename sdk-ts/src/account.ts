/** What is yours: credits, what moved and what was used, keys. Each method names its path and nothing else. */
import { newKey } from './capsules.js'
import type {
  Account as Standing,
  AuditEntry,
  Budget,
  Entry,
  ExpiringGrant,
  Key,
  NewKey,
  NewKeyForm,
  NewToken,
  NewTransfer,
  Rotation,
  Spending,
  Statement,
  TokenMade,
  TransferMade,
  UsageSince,
  Wishes,
} from './generated/api.js'
import type { Call } from './http/call.js'
import type { Pages } from './http/pages.js'
import type { Asked, Options, Transport } from './http/transport.js'

/** Your account. */
export class Account {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Your account and what it has, in microcredits. */
  get(options?: Options): Call<Standing> {
    return this.#transport.get('/v1/account', options)
  }

  /** Says below what you want to hear of what is left. */
  change(wishes: Wishes, options?: Options): Call<Standing> {
    return this.#transport.json({ method: 'PATCH', path: '/v1/account', json: wishes, idempotent: true }, options)
  }

  /** What moved, newest first. */
  entries(options?: Options): Pages<Entry> {
    return this.#transport.pages('/v1/account/ledger', options)
  }

  /** What you used, by method. */
  usage(query: { since?: string } = {}, options?: Options): Call<UsageSince> {
    return this.#transport.get('/v1/account/usage', options, query)
  }

  /** What your jobs cost, step by step of time, by key or by unit. */
  spending(query: { by?: 'key' | 'unit'; step?: 'hour' | 'day'; steps?: number } = {}, options?: Options): Call<Spending> {
    return this.#transport.get('/v1/account/spending', options, query)
  }

  /** What moved in a month such as `2026-01`, line by line. */
  statement(month: string, options?: Options): Call<Statement> {
    return this.#transport.get('/v1/account/statement', options, { month })
  }

  /** What your jobs may cost this month. */
  budget(options?: Options): Call<Budget> {
    return this.#transport.get('/v1/account/budget', options)
  }

  /** Your grants that expire, and what is left of each. */
  grants(options?: Options): Pages<ExpiringGrant> {
    return this.#transport.pages('/v1/account/grants', options)
  }

  /** Gives credits to another account, once. */
  transfer(gift: NewTransfer, options?: Options): Call<TransferMade> {
    const headers = { 'idempotency-key': newKey() }
    const asked: Asked = { method: 'POST', path: '/v1/transfers', json: gift, headers, idempotent: true }
    return this.#transport.json(asked, options)
  }

  /** What was done to money and access, newest first. */
  audit(options?: Options): Pages<AuditEntry> {
    return this.#transport.pages('/v1/audit', options)
  }
}

/** The keys of your account. */
export class Keys {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Makes a key; its secret is shown once. */
  create(form: NewKeyForm, options?: Options): Call<NewKey> {
    return this.#transport.json({ method: 'POST', path: '/v1/keys', json: form }, options)
  }

  /** Your keys, without their secrets. */
  list(options?: Options): Pages<Key> {
    return this.#transport.pages('/v1/keys', options)
  }

  /** Replaces a key by a new one; both work for a while. */
  rotate(id: string, rotation: Rotation = {}, options?: Options): Call<NewKey> {
    const path = `/v1/keys/${encodeURIComponent(id)}/rotate`
    return this.#transport.json({ method: 'POST', path, json: rotation }, options)
  }

  /** Ends a key. */
  revoke(id: string, options?: Options): Call<void> {
    return this.#transport.done({ method: 'DELETE', path: `/v1/keys/${encodeURIComponent(id)}` }, options)
  }

  /** Makes a token for a page: of a part of what your key may do, for at most an hour, within a budget. */
  token(form: NewToken, options?: Options): Call<TokenMade> {
    return this.#transport.json({ method: 'POST', path: '/v1/tokens', json: form }, options)
  }
}
