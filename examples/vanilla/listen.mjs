/** Opening and closing HTTP servers, WebSockets included: `closeAllConnections()` of Node leaves those open. */
const connections = new WeakMap()

/** Listens on a port, or on any other if that one is taken. Returns the port. */
export async function listen(server, port, host) {
  const sockets = new Set()
  connections.set(server, sockets)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const attempt = (wanted) =>
    new Promise((resolve, reject) => server.once('error', reject).listen(wanted, host, resolve))
  await attempt(port).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error
    return attempt(0)
  })
  return server.address().port
}

/** Stops listening and cuts what is connected. */
export async function shut(server) {
  const closed = new Promise((resolve) => server.close(resolve))
  for (const socket of connections.get(server)) socket.destroy()
  await closed
}
