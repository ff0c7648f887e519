package join

import (
	"bytes"
	"unicode/utf8"

	"iocp/cmd/iocp/internal/harmless"
)

// lineMax bounds a line that isn't finished. A longer one is printed in
// pieces, each on a line of its own.
const lineMax = 64 << 10

// lines makes whole lines, fit to be seen, out of what comes from the network.
// Servers such as the textbook's relay chunks as they come, with lines torn
// and merged.
type lines struct {
	partial []byte
	shown   []byte
}

// add takes a chunk and returns the lines that it completes, ready to be
// printed. The result is valid until the next call.
func (l *lines) add(chunk []byte) []byte {
	l.shown = l.shown[:0]
	for {
		i := bytes.IndexByte(chunk, '\n')
		if i < 0 {
			break
		}
		l.finish(chunk[:i])
		chunk = chunk[i+1:]
	}
	l.partial = append(l.partial, chunk...)
	if len(l.partial) >= lineMax {
		l.piece()
	}
	return l.shown
}

// rest is what was never finished, as a line. The result is valid until the
// next call.
func (l *lines) rest() []byte {
	l.shown = l.shown[:0]
	if len(l.partial) > 0 {
		l.finish(nil)
	}
	return l.shown
}

// piece prints what there is of a line, but for the beginning of a character
// whose rest is still to come.
func (l *lines) piece() {
	whole := len(l.partial)
	for i := 1; i < utf8.UTFMax; i++ {
		if last := l.partial[len(l.partial)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				whole -= i
			}
			break
		}
	}
	var begun [utf8.UTFMax]byte
	n := copy(begun[:], l.partial[whole:])
	l.partial = l.partial[:whole]
	l.finish(nil)
	l.partial = append(l.partial, begun[:n]...)
}

func (l *lines) finish(end []byte) {
	l.partial = append(l.partial, end...)
	l.shown = append(harmless.AppendVisible(l.shown, l.partial), '\n')
	l.partial = l.partial[:0]
}
