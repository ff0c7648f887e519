//go:build darwin || freebsd

package readiness

import "iocp/internal/driver/eventset"

// system is whose sets the tests use.
func system() eventset.System { return eventset.Kqueue(eventset.KernelQueue) }
