package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"iocp"
)

// usageError is a mistake in the arguments that only the command could see.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func exitCode(err error) int {
	switch {
	case errors.As(err, new(usageError)):
		return exitUsage
	case errors.As(err, new(*missedError)):
		return exitMissed
	}
	return exitFailure
}

// complain prints an error in one line.
func complain(w io.Writer, err error) {
	text := strings.TrimPrefix(err.Error(), "iocp: ")
	fmt.Fprintln(w, "iocp: "+strings.ReplaceAll(text, "\n", "; "))
}

// explainListen says what to do about a server that can't listen.
func explainListen(err error) error {
	var op *iocp.OpError
	if !errors.As(err, &op) || op.Op != "listen" {
		return err
	}
	hint := ""
	switch {
	case errors.Is(err, iocp.ErrAddrInUse):
		hint = inUseHint
	case errors.Is(err, iocp.ErrAddrNotAvail):
		hint = "%s is no address of this machine: choose another --listen"
	case errors.Is(err, iocp.ErrAccess):
		hint = accessHint
	default:
		return err
	}
	return fmt.Errorf(hint, op.Addr)
}
