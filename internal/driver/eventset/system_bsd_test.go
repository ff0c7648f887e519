//go:build darwin || freebsd

package eventset_test

import "iocp/internal/driver/eventset"

// systems are those that this kernel has.
var systems = map[string]eventset.System{"kqueue": eventset.Kqueue(eventset.KernelQueue)}
