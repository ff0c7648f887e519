//go:build darwin || freebsd

package kqueue

import "iocp/internal/driver/eventset"

// New is the backend kqueue.
func New() Backend { return Backend{"kqueue", eventset.KernelQueue} }
