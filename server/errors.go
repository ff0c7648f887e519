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

	// ErrQueueFull is what TrySend returns when the message doesn't fit in
	// the connection's queue now. Nothing was queued.
	ErrQueueFull = errors.New("server: send queue full")

	// ErrTooLarge refuses a message that can never fit in the queue: it is
	// larger than Config.SendQueueMax.
	ErrTooLarge = errors.New("server: message larger than Config.SendQueueMax")

	errCloseTimeout = fmt.Errorf("server: the peer took nothing of what was queued for Config.CloseTimeout: %w", os.ErrDeadlineExceeded)
)

// PanicError is the reason that OnClose is given when a callback panicked.
type PanicError struct {
	Callback string // OnOpen, OnData or OnClose
	Value    any    // what it panicked with
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
