package chat

import (
	"bytes"
	"sync"

	"iocp/cmd/iocp/internal/harmless"
)

// LineMax bounds a line of a client, its end not counted. A longer one is
// discarded. The textbook's client sends a pasted text as one line, with its
// name before every 99 bytes.
const LineMax = 8 << 10

// assembler makes whole, harmless lines out of what one client sends. It keeps
// memory only while a line is unfinished.
type assembler struct {
	partial    *[]byte // as it came, without its end; nil when there is none
	discarding bool    // the line is too long: it is dropped up to its end
}

var partials = sync.Pool{New: func() any { return new([]byte) }}

// lines is what a chunk brought.
type lines struct {
	text    []byte // whole lines, each with its end
	count   int    // of lines in text
	tooLong int    // lines that began to be discarded
}

// feed takes a chunk and appends the lines it completes to out.
func (a *assembler) feed(chunk []byte, out *lines) {
	for {
		i := bytes.IndexByte(chunk, '\n')
		if i < 0 {
			break
		}
		a.complete(chunk[:i], out)
		chunk = chunk[i+1:]
	}
	if len(chunk) > 0 && !a.discarding {
		a.keep(chunk, out)
	}
}

// keep adds to the unfinished line.
func (a *assembler) keep(piece []byte, out *lines) {
	if a.partial == nil {
		a.partial = partials.Get().(*[]byte)
	}
	*a.partial = append(*a.partial, piece...)
	if len(*a.partial) > LineMax {
		a.forget()
		a.discarding = true
		out.tooLong++
	}
}

func (a *assembler) forget() {
	if a.partial == nil {
		return
	}
	*a.partial = (*a.partial)[:0]
	partials.Put(a.partial)
	a.partial = nil
}

// complete ends the line with its last piece.
func (a *assembler) complete(piece []byte, out *lines) {
	if a.discarding {
		a.discarding = false
		return
	}
	line := piece
	if a.partial != nil {
		*a.partial = append(*a.partial, piece...)
		line = *a.partial
		defer a.forget()
	}
	if len(line) > LineMax {
		out.tooLong++
		return
	}
	out.text = append(harmless.Append(out.text, line), '\n')
	out.count++
}

// finish gives a line that the client didn't end the end it lacks. Some send a
// NUL after each line: that isn't the beginning of another one.
func (a *assembler) finish(out *lines) {
	if a.partial == nil {
		return
	}
	start := len(out.text)
	a.complete(nil, out)
	if len(out.text) == start+1 {
		out.text, out.count = out.text[:start], out.count-1
	}
}

// nameIn finds the name in a line such as "[name] text".
func nameIn(line []byte) string {
	if len(line) == 0 || line[0] != '[' {
		return ""
	}
	end := bytes.Index(line, []byte("] "))
	if end < 1 {
		return ""
	}
	return string(line[1:min(end, 65)])
}

var scraps = sync.Pool{New: func() any { return new(lines) }}

// giveBack makes lines that nobody needs any more available again.
func (l *lines) giveBack() {
	l.text, l.count, l.tooLong = l.text[:0], 0, 0
	scraps.Put(l)
}
