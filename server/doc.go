// Package server runs TCP connections on a completion port: it accepts them,
// calls a [Handler] with what they receive, and queues what is sent on them.
//
//	type echo struct{ server.NopHandler }
//
//	func (echo) OnData(c *server.Conn, data []byte) { c.TrySend(data) }
//
//	srv, err := server.New(echo{}, server.Config{})
//	ln, err := srv.Listen(netip.MustParseAddrPort("127.0.0.1:9190"))
//	err = srv.Serve(ln) // until srv.Shutdown
//
// # Callbacks
//
// The callbacks of one connection never overlap: OnOpen comes first, OnClose
// last, and each sees what the ones before it wrote. Callbacks of different
// connections run at the same time, on up to Config.Workers goroutines. A
// callback that takes its time holds up its own connection, and one worker.
//
// # Sending
//
// Sending puts bytes in the connection's queue, which is bounded by
// Config.SendQueueMax. One send is under way at a time; what is queued
// meanwhile leaves together in the next one. [Conn.TrySend] never waits: at
// the bound it says [ErrQueueFull]. [Conn.Send] waits for room. What goes to
// many connections is encoded once, as a [Shared].
//
// A connection isn't read from while its queue is more than half full. So a
// handler that answers each OnData with no more than it was given, and lets
// nobody else send on the connection, never meets the bound: a peer that
// doesn't read isn't read from either.
//
// # Memory
//
// A connection at rest holds no buffers: data arrives in pooled ones, and the
// queue exists while something is queued. Neither receiving nor sending
// allocates once the pools are warm.
package server
