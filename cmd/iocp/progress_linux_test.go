package main

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"iocp/cmd/iocp/echo"
	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
)

// TestProgressOnTerminal has the standard error of iocp load be a terminal,
// where a line tells how far it is; the scripts see that nobody else gets it.
func TestProgressOnTerminal(t *testing.T) {
	s := servetest.Start(t, service.Config{}, func(ctx context.Context, cfg service.Config) error {
		return echo.Serve(ctx, "port", cfg)
	})
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	user, program := servetest.OpenTerminal(t)
	screen := servetest.NewTranscript()
	go io.Copy(screen, user)
	cmd := exec.Command(os.Args[0], "load", host, port, "--warmup=0s", "--duration=1200ms")
	cmd.Args[0] = "iocp" // see testscript.Main
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, program
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, screen)
	}
	shown, ok := screen.Await(func(shown string) bool {
		return strings.Contains(shown, "iocp load: ") && strings.Contains(shown, " of 1 s, ") && strings.HasSuffix(shown, " \r")
	})
	if !ok || strings.Contains(shown, "\n") {
		t.Errorf("the terminal shows %q", shown)
	}
	if !strings.HasPrefix(out.String(), "target ") {
		t.Errorf("it printed %q", out.String())
	}
}
