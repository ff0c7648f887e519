//go:build !linux && !windows && !darwin && !freebsd

package iocp

import (
	"iocp/internal/driver"
	"iocp/internal/driver/portable"
)

// candidates are the backends of every other system.
var candidates = []driver.Backend{portable.Backend{}}
