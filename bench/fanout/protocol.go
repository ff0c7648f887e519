//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// protocol is how clients and a server speak.
type protocol struct {
	// hello is what a client says to come in; it is in when the server has
	// said welcome. Both may be empty.
	hello   func(name string, listens bool) string
	welcome string

	// ping is what a server may say in between, and pong what a listener answers.
	ping, pong string

	// say makes of a text what the speaker sends; end is what ends it there
	// and where it is heard.
	say func(text []byte) []byte
	end string

	// prefix finds what is before the text where it is heard: a part of all
	// that came before the first one.
	prefix func(before []byte, size int) []byte
}

var protocols = map[string]protocol{
	"raw": {
		hello:  func(string, bool) string { return "" },
		say:    func(text []byte) []byte { return fmt.Appendf(nil, "%s\n", text) },
		end:    "\n",
		prefix: func([]byte, int) []byte { return nil },
	},
	"nats": {
		hello: func(_ string, listens bool) string {
			subscribe := ""
			if listens {
				subscribe = "SUB room 1\r\n"
			}
			return "CONNECT {\"verbose\":false,\"echo\":false}\r\n" + subscribe + "PING\r\n"
		},
		welcome: "PONG\r\n",
		ping:    "PING\r\n",
		pong:    "PONG\r\n",
		say:     func(text []byte) []byte { return fmt.Appendf(nil, "PUB room %d\r\n%s\r\n", len(text), text) },
		end:     "\r\n",
		prefix:  func(_ []byte, size int) []byte { return fmt.Appendf(nil, "MSG room 1 %d\r\n", size) },
	},
	"irc": {
		hello: func(name string, _ bool) string {
			return fmt.Sprintf("NICK %s\r\nUSER %s 0 * %s\r\nJOIN #room\r\n", name, name, name)
		},
		welcome: " 366 ", // the end of the list of names
		say:     func(text []byte) []byte { return fmt.Appendf(nil, "PRIVMSG #room :%s\r\n", text) },
		end:     "\r\n",
		prefix:  func(before []byte, _ int) []byte { return before[bytes.LastIndexByte(before, '\n')+1:] },
	},
}

// A text is "[A] ", its number in digits, and a filling. It looks like what the
// textbook's client sends.
const (
	opening = "[A] "
	digits  = 12
	sizeMin = len(opening) + digits
	sizeMax = 400 // what an IRC line can carry
)

func text(number, size int) []byte {
	t := fmt.Appendf(nil, "%s%0*d", opening, digits, number)
	return append(t, bytes.Repeat([]byte("x"), size-len(t))...)
}

// frame is the form of everything a listener hears, numbers apart.
type frame struct {
	before []byte // up to the number
	after  []byte // from there on
}

func newFrame(p protocol, prefix []byte, size int) frame {
	t := text(0, size)
	return frame{
		before: append(bytes.Clone(prefix), opening...),
		after:  append(t[sizeMin:], p.end...),
	}
}

func (f *frame) len() int { return len(f.before) + digits + len(f.after) }

// number takes the number out of a frame that came, if it is one.
func (f *frame) number(came []byte) (int, error) {
	at := len(f.before)
	n, err := strconv.Atoi(string(came[at : at+digits]))
	if err != nil || !bytes.Equal(came[:at], f.before) || !bytes.Equal(came[at+digits:], f.after) {
		return 0, fmt.Errorf("heard %q, which nobody said", came)
	}
	return n, nil
}
