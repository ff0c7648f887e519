//go:build !linux

package portable

import (
	"net/netip"
	"syscall"

	"iocp/internal/driver"
)

// tellHere: where systems have this, it is different on each.
func tellHere(syscall.RawConn, bool) error { return driver.ErrNotSupported }

func cameTo([]byte) netip.Addr { return netip.Addr{} }

func sentFrom(netip.Addr, bool) []byte { return nil }
