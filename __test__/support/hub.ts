/** A model hub on this machine: a server with the part of the interface of the Hugging Face hub that is used. */

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import type { ExecutionContext } from 'ava'

import type { HubSettings } from '../../src/model-sources/hub-settings.js'
import { emptyFolder } from './folder.js'

/** A request that the hub or its store received. */
export interface Asked {
  readonly server: 'hub' | 'store'
  readonly method: string
  readonly url: string
  readonly token: string | undefined
  readonly range: string | undefined
}

/** What the hub does; a test changes it. */
export interface Behaviour {
  /** The files of `user/repo` at the commit of `main`, by their paths. */
  files: Record<string, Buffer>
  /** The commit of `main`. */
  commit: string
  /** The revisions that it knows besides this commit; all of them are answered with it. */
  revisions: string[]
  /** Whether files are large ones, which a redirect to the store serves. */
  isLarge: boolean
  /** The token that is required. */
  token: string | undefined
  /** A status and an error code for every request, instead of an answer. */
  refusal: readonly [status: number, code?: string] | undefined
  /** The connection is closed after this number of bytes of each download. */
  cutAfter: number
  /** Nothing more is sent after this number of bytes, and the connection stays open. */
  stallAfter: number
  /** Whether the store can send a part of a file. */
  hasRanges: boolean
  /** Changes the content that is sent; the hash stays that of the file. */
  change: (content: Buffer) => Buffer
}

/** A running hub. */
export interface StubHub extends Behaviour {
  readonly asked: Asked[]
  readonly settings: HubSettings
  /** The environment for a process that uses this hub. */
  readonly env: NodeJS.ProcessEnv
  /** Stops the servers: from now on connections are refused. */
  readonly stop: () => Promise<void>
}

/** SHA-256, hexadecimal. */
export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

/** The hash of git for the content of a file. */
export function gitHash(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
}

/** Starts a hub that has the repository `user/repo`, and an empty cache. */
export async function stubHub(t: ExecutionContext, files: Record<string, Buffer>): Promise<StubHub> {
  const asked: Asked[] = []
  const behaviour: Behaviour = {
    files,
    commit: 'a'.repeat(40),
    revisions: ['main', 'refs/pr/1'],
    isLarge: true,
    token: undefined,
    refusal: undefined,
    cutAfter: Infinity,
    stallAfter: Infinity,
    hasRanges: true,
    change: content => content,
  }
  const record = (server: Asked['server'], { method = '', url = '', headers }: IncomingMessage): void => {
    asked.push({ server, method, url, token: headers.authorization, range: headers.range })
  }
  const hub: StubHub = Object.assign(behaviour, { asked, stop: async () => {} }) as StubHub
  const store = createServer((request, response) => {
    record('store', request)
    send(hub, decodeURIComponent((request.url ?? '').slice(1)), request, response)
  })
  const storeAddress = await listen(store)
  const main = createServer((request, response) => {
    record('hub', request)
    answer(hub, storeAddress, request, response)
  })
  const endpoint = await listen(main)
  const home = emptyFolder(t)
  const stop = async (): Promise<void> => {
    await Promise.all([main, store].map(async server => await close(server)))
  }
  t.teardown(stop)
  return Object.assign(hub, {
    stop,
    settings: { endpoint, cache: join(home, 'hub'), token: undefined, offline: false, patience: 5000 },
    env: { HF_ENDPOINT: endpoint, HF_HOME: home, HF_HUB_CACHE: '', HF_TOKEN: '', HF_HUB_OFFLINE: '' },
  })
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
}

/** Answers a request to the hub. */
function answer(hub: StubHub, store: string, request: IncomingMessage, response: ServerResponse): void {
  const refuse = (status: number, code?: string): void => {
    response.writeHead(status, code === undefined ? {} : { 'x-error-code': code }).end()
  }
  if (hub.refusal !== undefined) return refuse(...hub.refusal)
  const [, repository = '', revision = '', path = ''] =
    /^\/(.+)\/resolve\/([^/]+)\/(.+)$/.exec(request.url ?? '')?.map(decodeURIComponent) ?? []
  if (repository === 'old/name') {
    return void response.writeHead(307, { location: (request.url ?? '').replace('old/name', 'user/repo') }).end()
  }
  if (repository !== 'user/repo') return refuse(401, 'RepoNotFound')
  if (hub.token !== undefined && request.headers.authorization !== `Bearer ${hub.token}`) return refuse(401)
  if (![...hub.revisions, hub.commit].includes(revision)) return refuse(404, 'RevisionNotFound')
  const content = hub.files[path]
  if (content === undefined) return refuse(404, 'EntryNotFound')
  response.setHeader('x-repo-commit', hub.commit)
  if (!hub.isLarge) {
    response.setHeader('etag', `"${gitHash(content)}"`)
    return send(hub, path, request, response)
  }
  response.setHeader('etag', `"${gitHash(Buffer.from('pointer'))}"`)
  response.setHeader('x-linked-etag', `"${sha256(content)}"`)
  response.setHeader('x-linked-size', content.length)
  response.writeHead(302, { location: `${store}/${encodeURIComponent(path)}` }).end()
}

/** Sends the content of a file, or the part that is asked for. */
function send(hub: StubHub, path: string, { method, headers }: IncomingMessage, response: ServerResponse): void {
  const content = hub.change(hub.files[path] ?? Buffer.alloc(0))
  const asked = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]
  const start = hub.hasRanges && asked !== undefined ? Number(asked) : 0
  if (start > 0) {
    response.statusCode = 206
    response.setHeader('content-range', `bytes ${start}-${content.length - 1}/${content.length}`)
  }
  const body = content.subarray(start)
  response.setHeader('content-length', body.length)
  if (method === 'HEAD') return void response.end()
  const limit = Math.min(hub.cutAfter, hub.stallAfter)
  if (body.length <= limit) return void response.end(body)
  response.write(body.subarray(0, limit), () => {
    // The orderly end of a connection, after which everything that was sent arrives.
    if (hub.cutAfter < Infinity) response.socket?.end()
  })
}
