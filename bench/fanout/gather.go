//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"iocp/bench/internal/loadgen"
)

// listener is one that hears.
type listener struct {
	fd    int
	frame frame
	next  int    // the number expected
	rest  []byte // the beginning of a frame that isn't whole yet
}

// gather brings everybody into the room, and has them all hear something.
func gather(addr netip.AddrPort, p protocol, cfg config) (*room, error) {
	r := &room{cfg: cfg, proto: p}
	var err error
	if r.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	for i := range cfg.members {
		fd, err := join(addr, p, fmt.Sprintf("m%d", i), true)
		if err != nil {
			return nil, fmt.Errorf("listener %d: %w", i, err)
		}
		r.listeners = append(r.listeners, &listener{fd: fd})
	}
	if r.speaker, err = join(addr, p, "speaker", false); err != nil {
		return nil, fmt.Errorf("the speaker: %w", err)
	}
	return r, r.assemble()
}

func join(addr netip.AddrPort, p protocol, name string, listens bool) (int, error) {
	fd, err := loadgen.Dial(addr)
	if err != nil {
		return 0, err
	}
	hello := p.hello(name, listens)
	if hello == "" {
		return fd, nil
	}
	if _, err := unix.Write(fd, []byte(hello)); err != nil {
		return 0, err
	}
	_, err = readUntil(fd, nil, []byte(p.welcome))
	return fd, err
}

// readUntil reads until there is some text, and returns all that came.
func readUntil(fd int, came, want []byte) ([]byte, error) {
	buf := make([]byte, 16<<10)
	for !bytes.Contains(came, want) {
		n, err := loadgen.Read(fd, buf)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, io.ErrUnexpectedEOF
		}
		came = append(came, buf[:n]...)
	}
	return came, nil
}

// The first two numbers are for assembling. The first is said again and again
// until all have heard it, since of some servers nobody knows when they are
// in; what comes behind the second is what is measured.
const (
	calling   = 0
	beginning = 1
	first     = 2
)

func (r *room) assemble() error {
	heard := make(chan error, 1)
	go func() { heard <- r.hear(calling) }()
	for waiting := true; waiting; {
		if err := r.say(calling); err != nil {
			return err
		}
		select {
		case err := <-heard:
			if err != nil {
				return err
			}
			waiting = false
		case <-time.After(50 * time.Millisecond):
		}
	}
	if err := r.say(beginning); err != nil {
		return err
	}
	if err := r.hear(beginning); err != nil {
		return err
	}
	for i, l := range r.listeners {
		if err := r.watch(l.fd, i); err != nil {
			return err
		}
	}
	return r.watch(r.speaker, speakerID)
}

func (r *room) say(number int) error {
	_, err := unix.Write(r.speaker, r.proto.say(text(number, r.cfg.size)))
	return err
}

// hear waits until all have heard a number, and learns in what form.
func (r *room) hear(number int) error {
	want := append(text(number, r.cfg.size), r.proto.end...)
	for i, l := range r.listeners {
		came, err := readUntil(l.fd, l.rest, want)
		if err != nil {
			return fmt.Errorf("listener %d doesn't hear: %w", i, err)
		}
		at := bytes.Index(came, want)
		l.frame = newFrame(r.proto, r.proto.prefix(came[:at], r.cfg.size), r.cfg.size)
		l.rest = bytes.Clone(came[at+len(want):])
		l.next = first
	}
	return nil
}

func (r *room) watch(fd, id int) error {
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	return unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(id)})
}
