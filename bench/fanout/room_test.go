//go:build linux

package main

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A server that asks whether a listener is there hears of it, and what it said
// besides is left.
func TestPing(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	r := &room{proto: protocols["nats"]}
	left, err := r.pong(&listener{fd: fds[0]}, []byte("PING\r\nPING\r\nMSG room"))
	if err != nil || string(left) != "MSG room" {
		t.Fatalf("left is %q, %v", left, err)
	}
	heard := make([]byte, 32)
	n, err := unix.Read(fds[1], heard)
	if want := "PONG\r\nPONG\r\n"; err != nil || string(heard[:n]) != want {
		t.Fatalf("the server hears %q, %v, want %q", heard[:n], err, want)
	}
}
