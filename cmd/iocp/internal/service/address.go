package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"iocp"
)

// lookupMax bounds the search for the address of a name.
const lookupMax = 10 * time.Second

// ParseListen reads what users give as a place to listen: HOST:PORT, where
// HOST may be a name, or :PORT or PORT alone, which mean all addresses, as in
// the chapter's programs. Port 0 lets the system choose.
func ParseListen(text string) (netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(text)
	if err != nil {
		host, service = "", text
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is no place to listen: give HOST:PORT or a PORT alone, from 0 to 65535", text)
	}
	if host == "" {
		return netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(port)), nil
	}
	addr, err := ownAddr(host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is no place to listen: %w", text, err)
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}

// ownAddr finds the address that a name stands for, IPv4 rather than IPv6:
// the clients of the book know no other.
func ownAddr(host string) (netip.Addr, error) {
	addrs, err := Resolve(host)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addrs {
		if a.Is4() {
			return a, nil
		}
	}
	return addrs[0], nil
}

// Resolve gives the addresses of a host, which may be an address already, in
// the order in which they should be tried. There is at least one.
func Resolve(host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupMax)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return nil, fmt.Errorf("no address is known for host %q: check the name", host)
	}
	for i, a := range addrs {
		addrs[i] = a.Unmap()
	}
	return addrs, nil
}

func inUse(err error) bool { return errors.Is(err, iocp.ErrAddrInUse) }
