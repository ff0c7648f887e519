// Package server runs TCP connections on a completion port: it accepts them,
// calls a [Handler] with what they receive, and queues what is sent on them.
//
//	type echo struct{ server.NopHandler }
//
//	func (echo) OnData(c *server.Conn, data []byte) { c.TrySend(data) }
//
//	func main() { log.Fatal(server.ListenAndServe("localhost:9190", echo{})) }
//
// A server that is to be configured, or ended, is made with New:
//
//	srv, err := server.New(echo{}, server.Config{})
//	err = srv.ListenAndServe(":9190") // until srv.Shutdown
//
// # Callbacks
//
// The callbacks of one connection never overlap, though a bare port lets two
// workers handle completions of one socket at once: OnOpen comes first, OnClose
// last, and each sees what the ones before it wrote, without a lock. So a
// connection's own state (Conn.SetData) needs none, as long as only its callbacks
// touch it. Callbacks of different connections run at the same time, on up to
// Config.Workers goroutines: what connections share needs a lock. So does what a
// connection's callbacks share with goroutines of the program. The methods of a
// Conn and of a Server have locks of their own and may be called from anywhere, at
// any time; messages that several goroutines send on one connection arrive whole,
// in the order in which they were queued.
//
// # Callbacks that wait
//
// A callback that takes its time holds up its own connection, and one worker.
// The port lets as many workers run as there are CPUs (at least 2), and when all
// of these have been silent for 10 ms, as many again; Config.Workers doesn't
// change that. So on 2 CPUs 4 handlers that wait, for a database perhaps, are all
// that run; a fifth connection isn't served until one of them returns. For
// handlers that wait there is [Conn.Blocking], which has another worker take the
// place of the one that waits, and [Config].Blocking, which does so for every
// callback. Then as many handlers may wait as there are connections. Either costs
// less than a microsecond a call.
//
// # Sending
//
// Sending puts bytes in the connection's queue. One send is under way at a time;
// what is queued meanwhile leaves together in the next one. At
// Config.SendQueueMax bytes the queue takes no more: [Conn.TrySend], which never
// waits, says [ErrQueueFull], and [Conn.Send] waits for room. Below that mark it
// takes a message of any size. What goes to many connections is encoded once, as
// a [Shared].
//
// A connection isn't read from while its queue is more than half full. So a
// handler that answers each OnData with one message, and lets nobody else send on
// the connection, never meets the mark: a peer that doesn't read isn't read from
// either. A handler that sends several messages for one OnData, as for requests
// that came together, may meet it. It keeps what it hasn't answered and goes on
// in OnWritable (see [WritableHandler] and its example), or makes one message of
// all its answers, or sends them with Send inside Conn.Blocking.
//
// # The life of a connection
//
// A connection is open from its accept on. It closes
//
//   - when the peer ends its stream: what is queued is sent, then ours ends. A
//     handler that answers later is an [EndHandler]: its connections stay open
//     for sending until it calls [Conn.CloseWrite], Close or Abort.
//   - after Close or Shutdown: what is queued is sent, then our stream ends, and
//     what the peer sends until the end of its own is dropped.
//   - after CloseWrite, which ends our stream only, when the peer's ends too.
//   - at once, with a reset, after Abort, when the connection fails, or when a
//     callback panics.
//
// Closing goes on as long as the peer takes what is sent, however slowly. When
// nothing has moved for Config.CloseTimeout it is given up: with a reset if some
// of the queue is left, with [os.ErrDeadlineExceeded] for OnClose. What the system
// has been given by then it goes on delivering by itself after a close. OnClose
// is the end, and called for every connection that had an OnOpen.
//
// # Limits
//
// At Config.ConnsMax, which by default follows the limit of descriptors, further
// connections are accepted and reset at once. Peers that are gone without a word
// are noticed by keepalive probes (Config.KeepAlive); one that is there and says
// nothing may stay for ever: a time for that is the handler's to set.
//
// # Memory
//
// A connection at rest holds no buffers: data arrives in pooled ones, and the
// queue exists while something is queued. Neither receiving nor sending
// allocates once the pools are warm.
package server
