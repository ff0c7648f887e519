//go:build linux

package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestFrames shows that what a listener hears is recognized, in each protocol,
// and that nothing else is.
func TestFrames(t *testing.T) {
	heard := map[string]struct{ before, frame string }{
		"raw":  {"*** hello\n", "[A] 000000000042xxxx\n"},
		"nats": {"PONG\r\nMSG room 1 20\r\n", "MSG room 1 20\r\n[A] 000000000042xxxx\r\n"},
		"irc":  {":b JOIN #room\r\n:a!~a@h PRIVMSG #room :", ":a!~a@h PRIVMSG #room :[A] 000000000042xxxx\r\n"},
	}
	const size = 20
	for name, p := range protocols {
		h := heard[name]
		f := newFrame(p, p.prefix([]byte(h.before), size), size)
		if n, err := f.number([]byte(h.frame)); err != nil || n != 42 || f.len() != len(h.frame) {
			t.Errorf("%s: got %d, %v, %d bytes", name, n, err, f.len())
		}
		for _, bad := range []string{"A", "0", "x"} {
			if n, err := f.number([]byte(strings.Replace(h.frame, bad, "?", 1))); err == nil {
				t.Errorf("%s: without %s it is taken for %d", name, bad, n)
			}
		}
		if said := p.say(text(42, size)); !bytes.HasSuffix(said, []byte("[A] 000000000042xxxx"+p.end)) {
			t.Errorf("%s: says %q", name, said)
		}
	}
}
