package iocp

import (
	"cmp"
	"net"
	"time"
)

// What package net takes for the zero values of a net.KeepAliveConfig.
const (
	probeIdle     = 15 * time.Second
	probeInterval = 15 * time.Second
	probeCount    = 9
)

// KeepAlive turns TCP keepalive probes on or off. The fields mean what they mean
// in package net, on every system: Idle and Interval zero are 15 seconds, Count
// zero is 9, and a negative value leaves what the socket has. Times are in whole
// seconds, rounded up. Without Enable the other fields mean nothing.
func (s *Socket) KeepAlive(cfg net.KeepAliveConfig) error {
	cfg.Idle = cmp.Or(cfg.Idle, probeIdle)
	cfg.Interval = cmp.Or(cfg.Interval, probeInterval)
	cfg.Count = cmp.Or(cfg.Count, probeCount)
	return s.fault("set SO_KEEPALIVE", s.stream().SetKeepAlive(cfg))
}
