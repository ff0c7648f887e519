package iocp_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"iocp"
)

// BenchmarkStall shows what others notice of a handler that is stuck, without
// having said so, for 100 ms at a time, one time after another: 63 connections
// are echoed 100 times a second each by a server in a process of its own. A
// stuck handler that spins or writes also takes a processor from everybody. What
// that costs is shown by cases in which a goroutine that has nothing to do with
// the port does the same.
//
// -benchtime=7x makes seven rounds, each of which has all cases, 3 s each; the
// figures are medians over the rounds.
func BenchmarkStall(b *testing.B) {
	for _, backend := range iocp.Backends() {
		b.Run(backend, func(b *testing.B) {
			if err := iocp.Probe(backend); err != nil {
				b.Skip("capability: ", err)
			}
			if backend == "sim" {
				b.Skip("capability: sim has no foreign clients")
			}
			benchStalls(b, backend)
		})
	}
}

// stallCase is what handlers and a goroutine beside the port do.
type stallCase struct{ handler, beside string }

func (c stallCase) String() string {
	return strings.NewReplacer("none-none", "none", "-none", "", "none-", "beside-").Replace(c.handler + "-" + c.beside)
}

var stallCases = []stallCase{
	{"none", "none"}, {"sleep", "none"},
	{"spin", "none"}, {"none", "spin"},
	{"fsync", "none"}, {"none", "fsync"},
}

func benchStalls(b *testing.B, backend string) {
	p99 := map[stallCase][]float64{}
	for round := 0; b.Loop(); round++ {
		for i := range stallCases {
			c := stallCases[(i+round)%len(stallCases)]
			late := stallRound(b, backend, c)
			at := func(q float64) float64 { return float64(late[int(q*float64(len(late)-1))].Microseconds()) }
			p99[c] = append(p99[c], at(0.99))
			b.Logf("%s %s: p50 %.0f us, p99 %.0f us, worst %.0f us", backend, c, at(0.5), at(0.99), at(1))
		}
	}
	for _, c := range stallCases {
		b.ReportMetric(median(p99[c]), c.String()+"-p99-us")
	}
	for _, ratio := range [][2]stallCase{
		{stallCases[1], stallCases[0]}, {stallCases[2], stallCases[3]}, {stallCases[4], stallCases[5]},
	} {
		var r []float64
		for i, v := range p99[ratio[0]] {
			r = append(r, v/p99[ratio[1]][i])
		}
		b.ReportMetric(median(r), fmt.Sprintf("%v/%v", ratio[0], ratio[1]))
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[len(v)/2] + v[(len(v)-1)/2]) / 2
}

// stallRound gives the latencies of one case, in ascending order.
func stallRound(b *testing.B, backend string, c stallCase) []time.Duration {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", stallMark, backend, c.handler, c.beside))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	failOn(b, err)
	out, err := cmd.StdoutPipe()
	failOn(b, err)
	failOn(b, cmd.Start())
	defer cmd.Wait()
	defer in.Close()
	addr, err := bufio.NewReader(out).ReadString('\n')
	failOn(b, err)
	late := pace63(b, strings.TrimSpace(addr), c.handler != "none")
	slices.Sort(late)
	return late
}

func failOn(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// pace63 echoes over 63 connections, beside one that keeps a handler stuck, and
// gives the latencies.
func pace63(b *testing.B, addr string, stuck bool) []time.Duration {
	dial := func() net.Conn {
		c, err := net.Dial("tcp", addr)
		failOn(b, err)
		return c
	}
	stop := make(chan struct{})
	var all sync.WaitGroup
	if stuck {
		c := dial()
		all.Go(func() { keepStuck(c, stop) })
	}
	var mu sync.Mutex
	var late []time.Duration
	var paced sync.WaitGroup
	start := time.Now().Add(100 * time.Millisecond)
	for i := range 63 {
		c := dial()
		paced.Go(func() {
			mine := pace(c, start.Add(paceInterval*time.Duration(i)/63))
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

const (
	paceInterval = 10 * time.Millisecond
	paceRounds   = 300
)

// pace echoes at fixed times. A message counts from when it was sent, or, if the
// last answer came later than that, from when it was due: that the timer of the
// client is late is no fault of the server, that an answer is, is.
func pace(c net.Conn, start time.Time) []time.Duration {
	defer c.Close()
	late := make([]time.Duration, 0, paceRounds)
	msg := make([]byte, 64)
	for n := range paceRounds {
		due := start.Add(time.Duration(n) * paceInterval)
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
			due = time.Now()
		}
		c.Write(msg)
		if _, err := io.ReadFull(c, msg); err != nil {
			return late
		}
		late = append(late, time.Since(due))
	}
	return late
}

func keepStuck(c net.Conn, stop chan struct{}) {
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
