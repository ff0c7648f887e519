package service_test

import (
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"iocp"
	"iocp/cmd/iocp/internal/service"
)

// disk can be full.
type disk struct {
	strings.Builder
	full bool
}

func (d *disk) Write(p []byte) (int, error) {
	if d.full {
		return 0, errors.New("no space left")
	}
	return d.Builder.Write(p)
}

// TestLostLinesAreCounted is of a log that can't be written for a while.
func TestLostLinesAreCounted(t *testing.T) {
	for format, want := range map[string]string{
		service.LogText: `level=WARN msg="log lines were lost" lines=3`,
		service.LogJSON: `"level":"WARN","msg":"log lines were lost","lines":3`,
	} {
		var d disk
		log := service.NewLogger(&d, format, slog.LevelInfo)
		log.Info("one")
		d.full = true
		log.Info("two")
		log.With("a", 1).WithGroup("g").Info("three", "b", 2)
		log.Info("four")
		d.full = false
		log.Info("five")
		log.Info("six")
		var messages []string
		for line := range strings.Lines(d.String()) {
			messages = append(messages, line)
		}
		if len(messages) != 4 || !strings.Contains(messages[0], "one") || !strings.Contains(messages[1], want) ||
			!strings.Contains(messages[2], "five") || !strings.Contains(messages[3], "six") {
			t.Errorf("%s: the log says\n%s", format, d.String())
		}
	}
}

// TestPeersDontFillTheLog shows what an operator sees of peers that come, go
// and break off.
func TestPeersDontFillTheLog(t *testing.T) {
	peer := netip.MustParseAddrPort("192.0.2.1:5000")
	for level, want := range map[slog.Level]int{slog.LevelDebug: 4, slog.LevelInfo: 1} {
		var d disk
		cfg := service.Config{Log: service.NewLogger(&d, service.LogText, level)}
		cfg.Joined(peer)
		cfg.Lost(peer, &iocp.OpError{Op: "receive", Err: iocp.ErrReset})
		cfg.Lost(peer, io.ErrUnexpectedEOF)
		cfg.Left(peer, "name", "kim")
		if n := strings.Count(d.String(), "peer=192.0.2.1:5000"); n != want {
			t.Errorf("%d lines, want %d:\n%s", n, want, d.String())
		}
	}
}
