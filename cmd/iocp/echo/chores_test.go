package echo_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"iocp/cmd/iocp/echo"
	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
)

// TestChores has all come back whatever is done meanwhile, and not before that
// is done.
func TestChores(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		for name, do := range map[string]echo.Chores{
			"work":  {Work: 2 * time.Millisecond, Message: 10},
			"block": {Block: 2 * time.Millisecond, Message: 10},
			"batch": {Batch: 1},
		} {
			t.Run(name, func(t *testing.T) {
				s := servetest.Start(t, service.Config{Backend: backend}, func(ctx context.Context, cfg service.Config) error {
					return echo.ServeChores(ctx, do, cfg)
				})
				conn, err := net.Dial("tcp", s.Addr)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(servetest.Bound))
				begun := time.Now()
				if _, err := conn.Write(make([]byte, 100)); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(conn, make([]byte, 100)); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begun); took < 10*do.Block {
					t.Errorf("10 messages took %v, and each has to wait for %v", took, do.Block)
				}
			})
		}
	})
}
