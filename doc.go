// Package iocp is the Windows I/O completion port as a Go library, with one
// contract on every operating system.
//
// A [Port] is a queue of finished operations. Sockets are associated with it,
// each with a key; operations are started on the sockets and go on by
// themselves; when one is over, a packet is queued, and a [Worker] dequeues it
// with [Worker.Wait]. Packets can also be posted by hand ([Port.Post]).
//
//	port, err := iocp.New(iocp.Config{})
//	ln, err := port.Listen(netip.MustParseAddrPort("127.0.0.1:0"), iocp.ListenConfig{})
//	err = port.Associate(ln, "listener")
//	var accept iocp.Op
//	err = ln.AcceptMany(&accept)
//	w := port.Worker()
//	defer w.Close()
//	batch := make([]iocp.Completion, 16)
//	n, err := w.Wait(batch, iocp.Infinite)
//
// A [Socket] is a stream, over TCP or a Unix socket; a [Datagram] is UDP, or
// the same over a Unix socket. The zone of an IPv6 address (fe80::1%eth0) may be
// an interface's name or number; in addresses that come back it is the name. One
// that no interface has is ErrAddrNotAvail.
//
// # The rules that bite
//
// Buffers and Ops belong to the port from the call that starts an operation
// until its completion has been dequeued: don't read, write, move or reuse
// them in between, not even after [Socket.Cancel] or [Socket.Close].
//
// An operation that was accepted (the call returned nil) has exactly one
// completion, whatever happens; one that was refused (the call returned an
// error) has none. A standing operation ([Listener.AcceptMany]) has any number
// of completions with More set, then one without: its last.
//
// Cancel is a request. The operation still completes, perhaps successfully.
//
// Two workers may handle completions of one socket at the same time: a port hands
// out packets, not sockets, and says nothing about the order in which they are
// handled (C26). The remedies: start the next receive of a socket only when the
// last has been handled, so that there is but one packet of its kind; or have one
// worker; or use package server, which calls back for one connection one at a
// time. A send's completion may still come beside a receive's: what both handlers
// touch needs a lock.
//
// Operations make progress while a worker is in Wait. With none there, only on
// Windows do they go on to the end by themselves.
//
// Numbers such as C26 name clauses of the contract, docs/contract.md, which says
// where each comes from.
//
// # Kernels
//
// Windows has completion ports: backend winport. On Linux the contract is
// built on readiness with transfers batched through io_uring (uring), or made
// by plain system calls where io_uring is refused (epoll). Elsewhere, and as
// the reference, it is built on package net (portable). [New] takes the first
// that works; [Stats] tells which, and why others were passed over. The suite
// in package porttest holds them all to the same clauses. For macOS and FreeBSD
// there is kqueue besides, which New takes only if it is named, since it has yet
// to be run there.
package iocp
