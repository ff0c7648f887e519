// Package harmless keeps what strangers say from commanding the terminals of
// those who read it. There is one rule, of what is not shown as it came:
//
//   - the control characters below the space, but TAB, and DEL: in any encoding;
//   - 0xff, with which telnet's commands begin (RFC 854);
//   - the control characters U+0080 to U+009F: terminals obey U+009B as ESC [;
//   - the bytes 0x80 to 0x9f that belong to no character;
//   - what changes how text around it looks: line and paragraph separators,
//     embeddings, overrides and isolates of direction, tags.
//
// Text is UTF-8, or code page 949 as the textbook's client sends it on Korean
// Windows, or, since that client cuts lines wherever 99 bytes end, nearly so.
// Nobody says which. So a valid UTF-8 sequence is a character, and else a pair
// of bytes that code page 949 may have; both may contain the bytes 0x80 to 0x9f.
// All other bytes from 0xa0 pass: parts of characters that were cut, or Latin-1.
//
// What this is worth: terminals that read UTF-8 or code page 949 get no
// commands. One that reads single bytes and obeys those from 0x80 to 0x9f, as
// was usual before UTF-8, can't be helped: every second Hangul syllable has them.
// The price: of code page 949, where all that KS X 1001 has passes, the rare
// syllables 0xc281 to 0xc29f are lost, which are control characters in UTF-8, and
// one of two in a row whose bytes are so where they meet.
package harmless

import (
	"bytes"
	"unicode/utf8"
)

// kind is what a piece of text is to a terminal.
type kind uint8

const (
	shown    kind = iota // a character
	foreign              // no UTF-8, but nothing to obey either
	control              // of ASCII
	obeyed               // in UTF-8 a control character, or one that disturbs others
	strayed              // a byte that means nothing but a command
	telnet   = 0xff
	replaced = '?' // in every encoding, and no part of a longer character
)

// next tells what text begins with. r is what it is in UTF-8, if anything.
func next(text []byte) (r rune, size int, k kind) {
	b := text[0]
	switch {
	case isText(b):
		return rune(b), 1, shown
	case b <= 0x7f:
		return rune(b), 1, control
	}
	r, size = utf8.DecodeRune(text)
	switch {
	case size > 1 && commands(r):
		return r, size, obeyed
	case size > 1:
		return r, size, shown
	case isPair(text):
		return r, 2, foreign
	case b < 0xa0 || b == telnet:
		return r, 1, strayed
	}
	return r, 1, foreign
}

// commands tells whether r, beyond ASCII, does something else than being seen.
func commands(r rune) bool {
	return 0x80 <= r && r < 0xa0 ||
		0x2028 <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 ||
		0xe0000 <= r && r <= 0xe007f
}

// isPair tells whether text begins with a character of two bytes in code page
// 949: KS X 1001 from 0xa1 on, and the syllables which that lacks.
func isPair(text []byte) bool {
	if len(text) < 2 {
		return false
	}
	lead, trail := text[0], text[1]
	syllable := 'A' <= trail && trail <= 'Z' || 'a' <= trail && trail <= 'z' || 0x81 <= trail && trail <= 0xa0
	return 0x81 <= lead && lead <= 0xc6 && (syllable || 0xa1 <= trail && trail < telnet) ||
		0xc7 <= lead && lead < telnet && 0xa1 <= trail && trail < telnet
}

// Append appends a line, without its end, so that whoever reads it as UTF-8 or
// as code page 949 gets no commands. ASCII's control characters and telnet's
// 0xff are left out, other things that could be obeyed become question marks,
// and all else stays as it is.
func Append(dst, line []byte) []byte {
	plain := 0
	for plain < len(line) && isText(line[plain]) {
		plain++
	}
	dst = append(dst, line[:plain]...)
	start := len(dst)
	for _, b := range line[plain:] {
		if isText(b) || b >= 0x80 && b != telnet {
			dst = append(dst, b) // others go now, before bytes count as neighbours
		}
	}
	return dst[:start+len(replace(dst[start:]))]
}

// isText tells whether b is a character of ASCII that is only shown.
func isText(b byte) bool { return ' ' <= b && b < 0x7f || b == '\t' }

// replace puts question marks for what could be obeyed. It works in place:
// nothing gets longer.
func replace(text []byte) []byte {
	done := text[:0]
	for len(text) > 0 {
		_, size, k := next(text)
		piece := text[:size]
		text = text[size:]
		before := len(done)
		if k == obeyed || k == strayed {
			done = append(done, replaced)
			continue
		}
		for _, b := range piece {
			done = append(done, b)
			if k == foreign && endsInCommand(done) {
				done = append(done[:before], replaced)
				break
			}
		}
	}
	return done
}

// endsInCommand looks for what only stands there because the end of a pair is
// followed by another one.
func endsInCommand(text []byte) bool {
	r, size := utf8.DecodeLastRune(text)
	return size > 1 && commands(r)
}

// AppendVisible appends a line as UTF-8, with something to see for whatever
// isn't shown as it came. NUL and CRs at the end are dropped, as some clients
// send them with each line; ASCII's control characters become their pictures;
// what is no UTF-8, or would be obeyed, a replacement character for each byte
// or character.
func AppendVisible(dst, line []byte) []byte {
	const pictures, deleted = 0x2400, '\u2421' // the picture of control character c is pictures+c
	line = bytes.TrimRight(line, "\r\x00")
	for len(line) > 0 {
		r, size, k := next(line)
		switch {
		case r == 0:
		case r == 0x7f:
			dst = utf8.AppendRune(dst, deleted)
		case k == control:
			dst = utf8.AppendRune(dst, pictures+r)
		case k == shown:
			dst = append(dst, line[:size]...)
		case k == foreign:
			size = 1
			fallthrough
		default:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		}
		line = line[size:]
	}
	return dst
}
