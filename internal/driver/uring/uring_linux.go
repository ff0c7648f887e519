// Package uring is the backend for Linux kernels that allow io_uring: the
// readiness engine, with transfers carried out in batches by one system call.
//
// Every request carries MSG_DONTWAIT, so that the kernel answers it within
// io_uring_enter and none is ever left pending. A pending request would be
// completed by the thread that submitted it, however long that thread is stuck
// elsewhere; docs/decisions/0004 has the measurements.
package uring

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/driver/eventset"
	"iocp/internal/driver/readiness"
	"iocp/internal/sys/uring"
)

// Backend makes uring ports.
type Backend struct{}

// Name implements driver.Backend.
func (Backend) Name() string { return "uring" }

// Open implements driver.Backend.
func (Backend) Open(cfg driver.Config, sink driver.Sink) (driver.Port, error) {
	x, err := newBatcher()
	if err != nil {
		return nil, err
	}
	return readiness.Open(cfg, sink, eventset.Epoll(), x)
}

// entries is the size of the submission queue: the most transfers that one
// system call carries out.
const entries = 128

// setup makes a ring that has what transfers need, or says why it can't.
func setup() (*uring.Ring, lacks, error) {
	if err := driver.FeatureIOUring.Disabled(); err != nil {
		return nil, nil, fmt.Errorf("io_uring: %w", err)
	}
	ring, without, err := create()
	if err != nil {
		return nil, nil, refusal("io_uring_setup", err)
	}
	ok, err := ring.Supports(uring.OpSend, uring.OpRecv, uring.OpSendmsg, uring.OpRecvmsg)
	switch {
	case err != nil:
		err = refusal("io_uring_register", err)
	case !ok:
		err = fmt.Errorf("this kernel's io_uring lacks send or receive")
	default:
		err = selfTest(ring)
	}
	if err != nil {
		ring.Close()
		return nil, nil, err
	}
	return ring, without, nil
}

// lacks lists the optional features that a ring goes without, and why.
type lacks []string

// create makes a ring with all the optional features that can be had.
func create() (*uring.Ring, lacks, error) {
	why := driver.FeatureSubmitAll.Disabled()
	if why == nil {
		ring, err := uring.Setup(entries, uring.SetupClamp|uring.SetupSubmitAll)
		if err != unix.EINVAL {
			return ring, nil, err
		}
		why = fmt.Errorf("this kernel is older than 5.18")
	}
	ring, err := uring.Setup(entries, uring.SetupClamp)
	return ring, lacks{fmt.Sprintf("%s (%v)", driver.FeatureSubmitAll, why)}, err
}

// refusal is a refused system call, with what can be done about it. A lack of
// descriptors passes (driver.ErrLimit); of memory it may be the limit of what a
// process may lock, which before Linux 5.12 rings count against, and that stays.
func refusal(call string, err error) error {
	if err == unix.ENOMEM {
		return fmt.Errorf("%s: %w%s", call, err, remedy(err))
	}
	return fmt.Errorf("%w%s", driver.Failed(call, err), remedy(err))
}

// remedy says what a refusal usually means.
func remedy(err error) string {
	switch err {
	case unix.EPERM, unix.EACCES:
		return " (refused by a container's seccomp profile or by sysctl kernel.io_uring_disabled; allow io_uring there, or do without: epoll)"
	case unix.EINVAL:
		return " (the kernel's io_uring is older than 5.6)"
	case unix.ENOSYS:
		return " (the kernel has no io_uring, or a seccomp profile hides it)"
	case unix.ENOMEM:
		return " (locked-memory limit: raise it with ulimit -l)"
	}
	return ""
}

// selfTest shows on a real socket pair what a ring is relied on for: a receive
// with nothing there is answered with EAGAIN within the call, and transfers
// move bytes.
func selfTest(made *uring.Ring) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return refusal("socketpair", err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	r := &ring{ring: made}
	in, out := make([]byte, 4), []byte("ring")
	steps := []readiness.Transfer{
		{FD: pair[0], Bufs: [][]byte{in}, Len: len(in)},
		{FD: pair[1], Bufs: [][]byte{out}, Len: len(out), Send: true},
		{FD: pair[0], Bufs: [][]byte{in[:2], in[2:]}, Len: len(in)},
	}
	want := []syscall.Errno{unix.EAGAIN, 0, 0}
	for i := range steps {
		if _, err := r.submit(steps[i : i+1]); err != nil {
			return err
		}
		if steps[i].Errno != want[i] {
			return fmt.Errorf("io_uring self-test: transfer %d answered %v, not %v", i, steps[i].Errno, want[i])
		}
	}
	if string(in) != string(out) {
		return fmt.Errorf("io_uring self-test: sent %q, received %q", out, in)
	}
	return nil
}
