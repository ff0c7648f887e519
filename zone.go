package iocp

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// An IPv6 address with a zone (fe80::1%eth0) names a network interface, by its
// name or its number. Systems know numbers only. So whatever comes from the
// program goes to the backend with a number, and comes back from there with a
// name, as in package net.

// numbered gives an address for a backend: its zone, if there is one, is a number.
func numbered(a netip.AddrPort) (netip.AddrPort, error) {
	zone := a.Addr().Zone()
	if zone == "" {
		return a, nil
	}
	n, err := zones.number(zone)
	if err != nil {
		return a, err
	}
	return netip.AddrPortFrom(a.Addr().WithZone(strconv.Itoa(n)), a.Port()), nil
}

// named gives a backend's address to the program. An interface that has no name
// any more keeps its number.
func named(a netip.AddrPort) netip.AddrPort {
	zone := a.Addr().Zone()
	if zone == "" {
		return a
	}
	n, err := strconv.Atoi(zone)
	if err != nil {
		return a
	}
	return netip.AddrPortFrom(a.Addr().WithZone(zones.name(n)), a.Port())
}

// interfaces is what is known of the system's network interfaces. They are read
// again once in a while, or when one isn't found.
type interfaces struct {
	mu      sync.Mutex
	read    time.Time
	numbers map[string]int
	names   map[int]string
}

var zones interfaces

const (
	// zonesFresh is how long the interfaces are taken to be what they were.
	zonesFresh = time.Minute

	// zonesRetry is how long one that isn't there is taken to be missing.
	zonesRetry = 100 * time.Millisecond
)

// number is that of the interface of the given name, or what the zone says
// itself.
func (i *interfaces) number(zone string) (int, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refresh(zonesFresh)
	if n, ok := i.numbers[zone]; ok {
		return n, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 31); err == nil && n > 0 {
		return int(n), nil
	}
	i.refresh(zonesRetry)
	if n, ok := i.numbers[zone]; ok {
		return n, nil
	}
	return 0, fmt.Errorf("%w: there is no network interface %q", ErrAddrNotAvail, zone)
}

// name is that of the interface of the given number, or the number.
func (i *interfaces) name(n int) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, old := range []time.Duration{zonesFresh, zonesRetry} {
		i.refresh(old)
		if name, ok := i.names[n]; ok {
			return name
		}
	}
	return strconv.Itoa(n)
}

// refresh reads the interfaces if what is known is older than that. The caller
// holds mu.
func (i *interfaces) refresh(old time.Duration) {
	if now := time.Now(); i.read.IsZero() || now.Sub(i.read) > old {
		i.read = now
	} else {
		return
	}
	all, err := net.Interfaces()
	if err != nil {
		return // what was known is the best there is
	}
	i.numbers, i.names = make(map[string]int, len(all)), make(map[int]string, len(all))
	for _, f := range all {
		i.numbers[f.Name], i.names[f.Index] = f.Index, f.Name
	}
}
