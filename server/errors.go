package server

import (
	"errors"
	"fmt"
	"net"
	"os"
)

var (
	// ErrServerClosed is what Serve returns after Shutdown, and the reason
	// that OnClose is given for connections which Shutdown closed. It wraps
	// net.ErrClosed.
	ErrServerClosed = fmt.Errorf("server: shut down: %w", net.ErrClosed)

	// ErrQueueFull is what TrySend returns when the connection's queue is at
	// Config.SendQueueMax. Nothing was queued. A WritableHandler is told when
	// there is room again.
	ErrQueueFull = errors.New("server: send queue full")

	// ErrGoexit is a PanicError's value when the callback didn't panic but
	// ended its goroutine, as t.FailNow does.
	ErrGoexit = errors.New("runtime.Goexit was called, as t.FailNow does")

	errCloseTimeout = fmt.Errorf("server: the peer took nothing of what was queued for Config.CloseTimeout: %w", os.ErrDeadlineExceeded)
)

// PanicError is the reason that OnClose is given when a callback panicked, or
// ended its goroutine.
type PanicError struct {
	Callback string // OnOpen, OnData, OnEnd, OnWritable or OnClose
	Value    any    // what it panicked with, or ErrGoexit
	Stack    []byte // where, as printed by debug.Stack
}

// Error names the callback and the value, without the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("server: panic in %s: %v", e.Callback, e.Value)
}

// Unwrap gives the value when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
