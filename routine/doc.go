// Package routine is overlapped I/O with completion routines: the model that
// came before the completion port. Instead of dequeuing packets, the program
// names a function with each operation, and that function runs when the
// operation is over: but only while the thread that started it is in an
// alertable wait ([Thread.SleepEx]).
//
//	t, err := routine.New(routine.Config{})
//	ln, err := t.Listen(netip.MustParseAddrPort("127.0.0.1:0"), iocp.ListenConfig{})
//	for {
//		s, err := ln.TryAccept() // iocp.ErrWouldBlock when nobody connects
//		if err == nil {
//			err = s.Recv(&op, received, buf) // received runs in a SleepEx to come
//		}
//		_, err = t.SleepEx(100*time.Millisecond, true)
//	}
//
// # What is promised
//
// Routines run in the goroutine that calls SleepEx, one after the other, never
// one inside another, and never inside the call that started the operation,
// however soon that is over. An alertable wait runs the routines of everything
// that is over when it begins; if that is nothing, it waits for the first.
// They run in the order in which the operations completed. Starting operations
// inside a routine is what routines are for; waiting inside one panics.
//
// An operation that was accepted (the call returned nil) has its routine run
// once; one that was refused has none, and neither has one whose Thread was
// closed first. Buffers and the [Op] belong to the thread until the routine
// starts to run, or Close has returned.
//
// # No APCs
//
// Windows delivers completion routines as asynchronous procedure calls to a
// thread of the kernel's. Goroutines move between those, and a Go panic can't
// cross the frames of such a call. So a Thread is an object, and its queue is
// that of an [iocp.Port] of its own, on every system alike.
package routine
