//go:build !windows

package porttest

import (
	"net"
	"net/netip"
)

func listenUDP(at netip.AddrPort) (udpConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
}
