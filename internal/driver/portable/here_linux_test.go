package portable

import (
	"net/netip"
	"testing"
)

// TestHereIsWhatWasSaid: who answers from the address that a datagram came to names it
// whole, with its zone; the system's messages for both have one form over IPv6.
func TestHereIsWhatWasSaid(t *testing.T) {
	for _, text := range []string{"fe80::1%7", "2001:db8::1", "::1"} {
		ip := netip.MustParseAddr(text)
		if got := cameTo(sentFrom(ip, true)); got != ip {
			t.Errorf("%v came to %v", ip, got)
		}
	}
}
