package join

import (
	"bytes"
	"unicode/utf8"
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
		l.finish(nil)
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

func (l *lines) finish(end []byte) {
	l.partial = append(l.partial, end...)
	l.shown = append(appendVisible(l.shown, l.partial), '\n')
	l.partial = l.partial[:0]
}

// appendVisible appends a line with everything made harmless that a terminal
// would obey: the line comes from strangers. NUL and a CR at the end are
// dropped, as some clients send them with each line; other control characters
// become their Unicode pictures, and what is no UTF-8 or changes the direction
// of text a replacement character. TAB stays.
func appendVisible(dst, line []byte) []byte {
	line = bytes.TrimRight(line, "\r\x00")
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		line = line[size:]
		dst = appendRune(dst, r)
	}
	return dst
}

func appendRune(dst []byte, r rune) []byte {
	const pictures = 0x2400 // the picture of control character c is pictures+c
	switch {
	case r == 0:
		return dst
	case r == '\t' || ' ' <= r && r < 0x7f:
		return append(dst, byte(r))
	case r < ' ':
		return utf8.AppendRune(dst, pictures+r)
	case r == 0x7f:
		return utf8.AppendRune(dst, '\u2421')
	case r < 0xa0 || disturbs(r):
		return utf8.AppendRune(dst, utf8.RuneError)
	}
	return utf8.AppendRune(dst, r)
}

// disturbs tells whether r has no look of its own but changes that of others:
// line and paragraph separators, direction marks, tags.
func disturbs(r rune) bool {
	return 0x2028 <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 ||
		r == 0xfeff || 0xe0000 <= r && r <= 0xe007f
}
