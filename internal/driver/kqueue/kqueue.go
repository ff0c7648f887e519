//go:build linux || darwin || freebsd

// Package kqueue is the backend for darwin and FreeBSD: the readiness engine on
// kqueue(2), with each transfer a system call of its own. It has been run on no system
// that has kqueue(2) yet; its tests run it on Linux, over a queue made of epoll.
package kqueue

import (
	"iocp/internal/driver"
	"iocp/internal/driver/eventset"
	"iocp/internal/driver/readiness"
)

// Backend makes kqueue ports.
type Backend struct {
	name  string
	queue func() (eventset.Queue, error)
}

// Name implements driver.Backend.
func (b Backend) Name() string { return b.name }

// Open implements driver.Backend.
func (b Backend) Open(cfg driver.Config, sink driver.Sink) (driver.Port, error) {
	return readiness.Open(cfg, sink, eventset.Kqueue(b.queue), readiness.Calls{})
}
