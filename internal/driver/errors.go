package driver

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"syscall"
)

// The classes of error that are the same on every kernel. The root package
// publishes them; each system has one table that leads from its numbers to
// these (errno_unix.go, errno_windows.go), for all its backends.
var (
	ErrAborted       = errors.New("operation cancelled")
	ErrWouldBlock    = errors.New("nothing to accept now")
	ErrReset         = errors.New("connection reset by peer")
	ErrRefused       = errors.New("connection refused")
	ErrConnAborted   = errors.New("connection aborted")
	ErrTimedOut      = errors.New("connection timed out")
	ErrUnreachable   = errors.New("network or host unreachable")
	ErrNotConnected  = errors.New("socket not connected")
	ErrConnected     = errors.New("socket already connected or connecting")
	ErrBrokenPipe    = errors.New("pipe has no reader")
	ErrShutdown      = errors.New("direction already shut down")
	ErrAddrInUse     = errors.New("address already in use")
	ErrAddrNotAvail  = errors.New("address not available on this machine")
	ErrAccess        = errors.New("permission denied")
	ErrInvalid       = errors.New("invalid argument")
	ErrNotSupported  = errors.New("not supported")
	ErrLimit         = errors.New("descriptor or memory limit reached")
	ErrMessageSize   = errors.New("message too long")
	ErrUnclassified  = errors.New("system error")
	ErrAlreadyBound  = errors.New("handle is already associated with a port")
	ErrNotAssociated = errors.New("handle is not associated with a port")
)

// SysError is a kernel's error with its class. errors.Is finds both.
type SysError struct {
	Call  string // the system call, as its manual names it
	Class error
	Errno syscall.Errno
}

// Error says what the system says of its number; but what Windows says is often
// of other things ("The specified network name is no longer available" is a
// reset), so there it is the class, and the number.
func (e *SysError) Error() string {
	if runtime.GOOS != "windows" || e.Errno >= syscall.Errno(inventedMin) {
		return e.Call + ": " + e.Errno.Error()
	}
	what := e.Class.Error()
	if e.Class == ErrUnclassified {
		what = strings.TrimRight(e.Errno.Error(), ".\r\n ")
	}
	return fmt.Sprintf("%s (%s, Windows error %d)", what, e.Call, uintptr(e.Errno))
}

// inventedMin is where package syscall's own numbers begin, on Windows: those that
// C programs have names for and Windows hasn't.
const inventedMin = 1 << 29

// Unwrap gives the class and the kernel's own number.
func (e *SysError) Unwrap() []error { return []error{e.Class, e.Errno} }

// Tables calls yield with each way to give an error its class, and the numbers for
// which the way is known, for tests: the system's table, and the exceptions from it.
func Tables() iter.Seq2[func(call string, err error) error, map[syscall.Errno]error] {
	return func(yield func(func(string, error) error, map[syscall.Errno]error) bool) {
		_ = yield(Failed, classes) && yield(FileFailed, fileClasses) &&
			yield(PipeFailed, pipeClasses) && yield(PeerFailed, peerClasses)
	}
}

// Failed gives a system call's error its class, if it has a number; nil stays
// nil, and 0 is no error.
func Failed(call string, err error) error { return failed(call, err, classes, nil) }

// FileFailed is Failed for a call on a file.
func FileFailed(call string, err error) error { return failed(call, err, classes, fileClasses) }

// PipeFailed is Failed for a call on a pipe.
func PipeFailed(call string, err error) error { return failed(call, err, classes, pipeClasses) }

// PeerFailed is Failed for a call that names a Unix socket: nobody is there if
// there is no such path.
func PeerFailed(call string, err error) error { return failed(call, err, classes, peerClasses) }

// A table leads from a system's numbers to classes (errno_unix.go and so on).
type table map[syscall.Errno]error

// failed looks a number up among the exceptions, then among all.
func failed(call string, err error, all, exceptions table) error {
	if err == nil {
		return nil
	}
	var errno syscall.Errno // errors.As has it on the heap
	switch {
	case !errors.As(err, &errno):
		return err
	case errno == 0:
		return nil
	}
	class := exceptions[errno]
	if class == nil {
		class = all[errno]
	}
	if class == nil {
		class = ErrUnclassified
	}
	return &SysError{Call: call, Class: class, Errno: errno}
}
