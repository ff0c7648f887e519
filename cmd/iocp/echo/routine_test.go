package echo_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"iocp/cmd/iocp/echo"
	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
)

// eachRoutineServer runs a test on both ways to accept and every backend.
func eachRoutineServer(t *testing.T, test func(t *testing.T, serve serveFunc, cfg service.Config)) {
	onServers(t, []string{"routine", "routine-op"}, test)
}

// TestRoutineChapterTexts compares with the texts of the chapter's program,
// for two clients one after the other.
func TestRoutineChapterTexts(t *testing.T) {
	eachRoutineServer(t, func(t *testing.T, serve serveFunc, cfg service.Config) {
		cfg.Chapter = true
		s := servetest.Start(t, cfg, serve)
		for i := range 2 {
			conn := dial(t, s.Addr)
			ping(t, conn)
			conn.Close()
			s.Log.Await(func(log string) bool { return strings.Count(log, "msg=leave") > i })
		}
		s.Stop(t)
		golden(t, "chapter_routine.txt", strings.Replace(s.Out.String(), s.Addr, "ADDR", 1))
	})
}

// TestShortMessageLeavesRoom is what the chapter's server does wrong: after a
// message of one byte it receives one byte at a time for good.
func TestShortMessageLeavesRoom(t *testing.T) {
	eachRoutineServer(t, func(t *testing.T, serve serveFunc, cfg service.Config) {
		completions := servetest.NewTranscript()
		s := servetest.Start(t, cfg, func(ctx context.Context, cfg service.Config) error {
			cfg.Verbose = true
			cfg.Log = slog.New(slog.NewTextHandler(completions, &slog.HandlerOptions{Level: slog.LevelDebug}))
			return serve(ctx, cfg)
		})
		conn := dial(t, s.Addr)
		for _, size := range []int{1, 500} {
			message, back := noise(9, size), make([]byte, size)
			if _, err := conn.Write(message); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, back); err != nil || !bytes.Equal(back, message) {
				t.Fatalf("sent %d bytes, got others back, %v", size, err)
			}
		}
		if log := completions.String(); !strings.Contains(log, "write=false n=500") {
			t.Errorf("500 bytes after a message of one weren't received at once:\n%s", log)
		}
	})
}

// TestBurst is the chapter's other fault: of clients that connect at once to an
// idle server it accepts one every 100 ms. With so many, the last one would wait
// for twice as long as it does here.
func TestBurst(t *testing.T) {
	const clients, chapter = 400, 400 * 100 * time.Millisecond
	eachRoutineServer(t, func(t *testing.T, serve serveFunc, cfg service.Config) {
		s := servetest.Start(t, cfg, serve)
		conns := make([]net.Conn, clients)
		for i := range conns {
			conns[i] = dial(t, s.Addr)
		}
		last := conns[clients-1]
		last.SetDeadline(time.Now().Add(chapter / 2))
		ping(t, last)
	})
}

func TestUnknownAccept(t *testing.T) {
	if err := echo.ServeRoutine(context.Background(), "select", service.Config{}); err == nil {
		t.Error("no error")
	}
}
