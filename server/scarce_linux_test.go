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
		limit := syscall.Rlimit{Cur: descriptorsMax, Max: descriptorsMax}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			panic(err)
		}
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stdout, nil))
		return childModes["echo"](cfg)
	}
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
