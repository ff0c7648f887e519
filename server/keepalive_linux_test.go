package server_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"iocp/server"
)

// Connections have keepalive probes as package net's have, unless told otherwise.
func TestKeepAlive(t *testing.T) {
	for _, e := range []struct {
		name      string
		configure func(cfg *server.Config)
		min, max  time.Duration // until the first probe; 0 is never
	}{
		{"by default", func(*server.Config) {}, 1, 15 * time.Second},
		{"after an hour", func(cfg *server.Config) { cfg.KeepAlive.Idle = time.Hour }, 15 * time.Second, time.Hour},
		{"never", func(cfg *server.Config) { cfg.NoKeepAlive = true }, 0, 0},
	} {
		t.Run(e.name, func(t *testing.T) {
			overBackends(t, func(t *testing.T, cfg server.Config) {
				e.configure(&cfg)
				_, _, peer := connect(t, cfg, calls{})
				got := probeIn(t, peer)
				if e.max == 0 && got != 0 || e.max != 0 && (got <= e.min || got > e.max) {
					t.Errorf("the server's first probe is due in %v, want %v to %v", got, e.min, e.max)
				}
			})
		})
	}
}

// probeIn reads in /proc/net/tcp in how much time the server's end of a
// connection sends its next keepalive probe; 0 if it sends none. What has been
// sent on the connection has to be acknowledged by then.
func probeIn(t *testing.T, peer *net.TCPConn) time.Duration {
	t.Helper()
	const retransmits, probes = 1, 2 // of tcp_timer_active, as kernel's tcp_ipv4.c has it
	ends := fmt.Sprintf("%s %s", hexAddr(peer.RemoteAddr()), hexAddr(peer.LocalAddr()))
	for {
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			t.Skipf("capability: %v", err)
		}
		_, row, found := strings.Cut(string(table), ends)
		if !found {
			t.Fatal("the connection isn't there")
		}
		var state, out, in, timer, ticks int64
		if _, err := fmt.Sscanf(row, "%x %x:%x %x:%x", &state, &out, &in, &timer, &ticks); err != nil {
			t.Fatal(err)
		}
		switch timer {
		case probes:
			return time.Duration(ticks) * time.Second / 100
		case retransmits:
			time.Sleep(time.Millisecond)
		default:
			return 0
		}
	}
}

func hexAddr(a net.Addr) string {
	tcp := a.(*net.TCPAddr)
	ip := tcp.IP.To4()
	return fmt.Sprintf("%02X%02X%02X%02X:%04X", ip[3], ip[2], ip[1], ip[0], tcp.Port)
}
