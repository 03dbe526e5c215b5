/** A way to a server that breaks: passes bytes on both ways, and cuts every connection when it is told to. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

/** The way. */
export interface Cutter {
  url: string
  /** How many connections are open. */
  open(): number
  /** Cuts every connection in the middle of whatever it says. */
  cut(): void
  /** Cuts each connection after it has passed on this many bytes from the server; 0 never does. */
  cutAfter(bytes: number): void
  close(): Promise<void>
}

/** Opens a way to a server. */
export async function cutter(to: string): Promise<Cutter> {
  const { hostname, port } = new URL(to)
  const sockets = new Set<Socket>()
  let limit = 0
  const server: Server = createServer((near) => {
    const far = connect(Number(port), hostname)
    let passed = 0
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (bytes: Buffer) => far.write(bytes))
    far.on('data', (bytes: Buffer) => {
      passed += bytes.length
      near.write(limit > 0 && passed > limit ? bytes.subarray(0, bytes.length >> 1) : bytes)
      if (limit > 0 && passed > limit) near.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the cutter has no address')
  const cut = () => sockets.forEach((socket) => socket.destroy())
  return {
    url: `http://127.0.0.1:${address.port}`,
    open: () => sockets.size / 2,
    cut,
    cutAfter: (bytes) => {
      limit = bytes
    },
    async close() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
