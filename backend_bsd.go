//go:build darwin || freebsd

package iocp

import (
	"iocp/internal/driver"
	"iocp/internal/driver/kqueue"
	"iocp/internal/driver/portable"
)

// candidates are the backends of darwin and FreeBSD. kqueue has yet to be run there,
// so it has to be named.
var candidates = []driver.Backend{portable.Backend{}, kqueue.New()}
