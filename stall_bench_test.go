package iocp_test

import (
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"iocp"
)

// BenchmarkStall shows what others notice of a handler that is stuck, without
// having said so, for 100 ms at a time, one time after another: 63 connections
// are echoed 100 times a second each, and the latency is counted from when a
// message was due. Run it with -benchtime=1x for one round of 3 s a case.
func BenchmarkStall(b *testing.B) {
	dir := b.TempDir()
	stalls := []struct {
		name  string
		stall func()
	}{
		{"none", func() {}},
		{"sleep", func() { time.Sleep(100 * time.Millisecond) }},
		{"spin", func() { spin(100 * time.Millisecond) }},
		{"fsync", func() { flushFile(filepath.Join(dir, "dirty")) }},
	}
	for _, name := range iocp.Backends() {
		for _, s := range stalls {
			b.Run(name+"/"+s.name, func(b *testing.B) {
				if err := iocp.Probe(name); err != nil {
					b.Skip("capability: ", err)
				}
				for b.Loop() {
					stallRound(b, name, s.name != "none", s.stall)
				}
			})
		}
	}
}

func spin(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

// flushFile is a system call that no signal interrupts.
func flushFile(name string) {
	f, err := os.Create(name)
	if err != nil {
		return
	}
	defer f.Close()
	f.Write(make([]byte, 64<<20))
	f.Sync()
}

func stallRound(b *testing.B, backend string, stalls bool, stall func()) {
	p, err := iocp.New(iocp.Config{Backend: backend, Concurrency: 4})
	if err != nil {
		b.Fatal(err)
	}
	ln, err := p.Listen(netip.MustParseAddrPort("127.0.0.1:0"), iocp.ListenConfig{})
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Associate(ln, nil); err != nil {
		b.Fatal(err)
	}
	var accept iocp.Op
	if err := ln.AcceptMany(&accept); err != nil {
		b.Fatal(err)
	}
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() { echoOrStall(p, stall) })
	}
	late := pace63(b, ln.Addr().String(), stalls)
	p.Close()
	workers.Wait()
	slices.Sort(late)
	for _, q := range []struct {
		name string
		at   float64
	}{{"p50-us", 0.5}, {"p99-us", 0.99}, {"max-us", 1}} {
		i := min(int(q.at*float64(len(late))), len(late)-1)
		b.ReportMetric(float64(late[i].Microseconds()), q.name)
	}
}

// echoOrStall echoes what begins with anything but a 1, which stalls it first.
func echoOrStall(p *iocp.Port, stall func()) {
	w := p.Worker()
	defer w.Close()
	done := make([]iocp.Completion, 1)
	for {
		if _, err := w.Wait(done, iocp.Infinite); err != nil {
			return
		}
		d := done[0]
		c, _ := d.Key.(*conn)
		if d.Socket != nil {
			c = &conn{sock: d.Socket}
			d.Err = p.Associate(c.sock, c)
		} else if c != nil && c.reading && d.N > 0 && c.buf[0] == 1 {
			stall()
		}
		if c != nil && (d.Err != nil || c.next(d.N) != nil) {
			c.sock.Close()
		}
	}
}

// pace63 sends at fixed times over 63 connections, beside one that keeps a
// handler stalled, and gives the latencies.
func pace63(b *testing.B, addr string, stalls bool) []time.Duration {
	const interval, rounds = 10 * time.Millisecond, 300
	dial := func() net.Conn {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	stop := make(chan struct{})
	var all sync.WaitGroup
	if stalls {
		c := dial()
		all.Go(func() { keepStalling(c, stop) })
	}
	var mu sync.Mutex
	var late []time.Duration
	var paced sync.WaitGroup
	start := time.Now().Add(100 * time.Millisecond)
	for i := range 63 {
		c := dial()
		paced.Go(func() {
			defer c.Close()
			mine := make([]time.Duration, 0, rounds)
			msg := make([]byte, 64)
			for n := range rounds {
				due := start.Add(time.Duration(n)*interval + interval*time.Duration(i)/63)
				time.Sleep(time.Until(due))
				c.Write(msg)
				if _, err := io.ReadFull(c, msg); err != nil {
					return
				}
				mine = append(mine, time.Since(due))
			}
			mu.Lock()
			late = append(late, mine...)
			mu.Unlock()
		})
	}
	paced.Wait()
	close(stop)
	all.Wait()
	return late
}

func keepStalling(c net.Conn, stop chan struct{}) {
	defer c.Close()
	msg := []byte{1}
	for {
		select {
		case <-stop:
			return
		default:
		}
		c.Write(msg)
		if _, err := io.ReadFull(c, msg); err != nil {
			return
		}
	}
}
