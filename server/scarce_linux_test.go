package server_test

import (
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"iocp/server"
)

// descriptorsMax leaves a child room for a dozen connections or so.
const descriptorsMax = 24

func init() {
	childModes["scarce"] = func(cfg *server.Config) server.Handler {
		limitDescriptors(descriptorsMax)
		cfg.ConnsMax = 10 * descriptorsMax
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stdout, nil))
		return childModes["echo"](cfg)
	}
	childModes["bounded"] = func(cfg *server.Config) server.Handler {
		limitDescriptors(100)
		return childModes["echo"](cfg)
	}
}

func limitDescriptors(most uint64) {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
		panic(err)
	}
}

// By default there are no more connections than there are descriptors for: those
// beyond are reset at once, the others are served, and so is who comes when some
// have gone.
func TestConnsMaxFollowsTheDescriptors(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		p := startChild(t, "bounded", cfg.PortConfig.Backend)
		served := make([]*net.TCPConn, 50) // of 100 descriptors
		for i := range served {
			served[i] = dial(t, p.addr)
			expect(t, served[i], "+")
		}
		for range 3 * len(served) {
			if c, err := tryDial(t, p.addr); err == nil {
				if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
					t.Fatal("a connection too many was served")
				}
				c.Close()
			}
		}
		for _, c := range served {
			write(t, c, "served")
			expect(t, c, "served")
		}
		served[0].Close()
		eventually(t, "another is served", func() bool {
			c, err := tryDial(t, p.addr)
			if err != nil {
				return false
			}
			n, _ := c.Read(make([]byte, 1))
			return n == 1
		})
	})
}

// When descriptors run out, accepting stops, says so once, and goes on by
// itself when there are some again.
func TestAcceptingGoesOnWhenDescriptorsAreFreed(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		p := startChild(t, "scarce", cfg.PortConfig.Backend)
		conns := make([]*net.TCPConn, 2*descriptorsMax)
		for i := range conns {
			conns[i] = dial(t, p.addr)
		}
		line, err := p.out.ReadString('\n')
		if err != nil || !strings.Contains(line, "accepting failed") {
			t.Fatalf("the server said %q, %v", line, err)
		}
		for _, c := range conns {
			expect(t, c, "+")
			write(t, c, "served")
			expect(t, c, "served")
			c.Close()
		}
	})
}
