package main

import (
	"net/netip"
	"strings"
	"testing"

	"iocp"
)

// Ports below 1024 are anybody's on Windows, so there is no point in advising others.
func TestExplainListenOnWindows(t *testing.T) {
	at := netip.MustParseAddrPort("127.0.0.1:80")
	for class, want := range map[error]string{iocp.ErrAccess: "excludedportrange", iocp.ErrAddrInUse: "are still open"} {
		got := explainListen(&iocp.OpError{Op: "listen", Addr: at, Err: class}).Error()
		if !strings.Contains(got, want) || strings.Contains(got, "1023") || !strings.Contains(got, at.String()) {
			t.Errorf("%v: %q, want one with %q", class, got, want)
		}
	}
}
