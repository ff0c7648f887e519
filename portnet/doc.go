// Package portnet is package net's connections on a completion port: a
// net.Listener, a net.Conn and a dialer, for programs that know no other.
//
//	n, err := portnet.New(iocp.Config{})
//	ln, err := n.Listen("tcp", "127.0.0.1:8080")
//	err = http.Serve(ln, handler)
//
//	d := portnet.Dialer{Network: n}
//	c, err := d.DialContext(ctx, "tcp", "127.0.0.1:8080")
//
// # Who needs it
//
// Whoever tests a program on net.Conn under faults: on the backend sim, a seed
// decides about segments of a byte, tiny windows, resets, refused calls and a
// full table of descriptors, in memory and without a kernel (see the example).
// And whoever has a port, and on it wants a library that takes a net.Conn: net/http,
// crypto/tls, what is hijacked.
//
// Nobody needs it for speed or for memory. A goroutine waits in each Read, as it does
// with package net, and holds its stack and whatever buffers the library keeps: a
// server of net/http that is at rest on this package takes what it takes on package
// net. Each call that waits costs a packet, and a worker besides the goroutine that it
// wakes (the runtime's own poller has neither); that may cost time, and gains none.
// What a completion port saves, it saves where no goroutine waits: package server.
//
// # What is as in package net
//
// The connections pass golang.org/x/net/nettest on every backend. Deadlines wake calls
// under way, a connection works on after one, and Close wakes everything. Errors
// are *net.OpError, with os.ErrDeadlineExceeded, net.ErrClosed and io.EOF where
// package net has them. Where it has a number, so have these, the same on every system,
// Windows too: errors.Is finds syscall.ECONNRESET, EPIPE, ECONNREFUSED and so on; and
// the classes of package iocp as well. Keepalive probes and TCP_NODELAY are on.
//
// # What isn't
//
//   - SyscallConn and File aren't offered: a descriptor in other hands would take
//     what the port waits for, and winport's can't be handed on at all. Nor are the
//     sizes of the system's buffers, MultipathTCP, and UDP (iocp.Datagram).
//   - A connection has to be closed: no finalizer does it.
//   - net.Buffers.WriteTo knows only package net's own connections, and writes one
//     buffer after the other. WriteBuffers sends them in one operation.
//   - ReadFrom sends files without copying on Linux only. TransmitFile needs a handle
//     that was opened for it, and of Windows' client editions carries out two at a time.
//   - A dialer tries addresses one after the other, not two families at once.
//   - Listening on "tcp6" without a host takes IPv4, too.
//   - After a write that a deadline ended, Windows may have sent more than it says.
//   - CloseRead drops what has come and wasn't read.
//   - Timers are those of Go's runtime, also on the simulator: its clock doesn't
//     move deadlines.
package portnet
