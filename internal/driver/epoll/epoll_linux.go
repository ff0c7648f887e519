// Package epoll is the backend for Linux kernels that refuse io_uring, as most
// container runtimes make them do: the readiness engine, with each transfer a
// system call of its own.
package epoll

import (
	"iocp/internal/driver"
	"iocp/internal/driver/eventset"
	"iocp/internal/driver/readiness"
)

// Backend makes epoll ports.
type Backend struct{}

// Name implements driver.Backend.
func (Backend) Name() string { return "epoll" }

// Open implements driver.Backend.
func (Backend) Open(cfg driver.Config, sink driver.Sink) (driver.Port, error) {
	return readiness.Open(cfg, sink, eventset.Epoll(), readiness.Calls{})
}
