// Package servetest runs the command's servers in tests, on each backend.
package servetest

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"iocp"
	"iocp/cmd/iocp/internal/service"
)

// Server is a server that runs until the test is over, or until Stop.
type Server struct {
	Addr string
	Out  *Transcript // what it prints
	Log  *Transcript

	stop   context.CancelFunc
	result chan error
}

// Start runs serve, with cfg completed: it listens on a free port.
func Start(t testing.TB, cfg service.Config, serve func(context.Context, service.Config) error) *Server {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{Out: NewTranscript(), Log: NewTranscript(), stop: stop, result: make(chan error, 1)}
	cfg.Listen = netip.MustParseAddrPort("127.0.0.1:0")
	cfg.Out = s.Out
	cfg.Log = slog.New(slog.NewTextHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	go func() {
		err := serve(ctx, cfg)
		s.Out.Close()
		s.Log.Close()
		s.result <- err
	}()
	text, ok := s.Out.Await(func(text string) bool { return strings.Contains(text, "\n") })
	if !ok {
		t.Fatalf("the server isn't ready: %v; it printed %q", <-s.result, text)
	}
	s.Addr = strings.TrimPrefix(strings.SplitN(text, "\n", 2)[0], "listening on ")
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// Stop ends the server as an interrupt would, and waits for its end.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.stop == nil {
		return
	}
	s.stop()
	s.stop = nil
	if err := <-s.result; err != nil {
		t.Errorf("the server ended with: %v", err)
	}
}

// EachBackend runs a test on every backend of this system. One that can't be
// had is skipped, unless IOCP_REQUIRE, a list separated by commas, names it.
func EachBackend(t *testing.T, test func(t *testing.T, backend string)) {
	required := strings.FieldsFunc(os.Getenv("IOCP_REQUIRE"), func(r rune) bool { return r == ',' || r == ' ' })
	names := iocp.Backends()
	for _, name := range required {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			if err := iocp.Probe(name); err == nil {
				test(t, name)
			} else if slices.Contains(required, name) {
				t.Fatalf("IOCP_REQUIRE names %s: %v", name, err)
			} else {
				t.Skipf("capability: %v", err)
			}
		})
	}
}
