package lineedit

import (
	"bytes"
	"unicode/utf8"
)

// key is what the user pressed: a character, or one of these.
type key int32

const (
	none key = -1 - iota // nothing that we know
	enter
	leave // the end of input, or an interrupt
	left
	right
	up
	down
	home
	end
	backspace
	remove        // what the cursor is on
	removeOrLeave // the same, but on an empty line the end of input
	removeWord
	removeLeft
	removeRight
	redraw
)

// controls are the keys that are one byte, as in other line editors.
var controls = map[byte]key{
	'\r': enter, '\n': enter, '\t': '\t', 0x7f: backspace,
	ctrl('A'): home, ctrl('B'): left, ctrl('C'): leave, ctrl('D'): removeOrLeave, ctrl('E'): end, ctrl('F'): right,
	ctrl('H'): backspace, ctrl('K'): removeRight, ctrl('L'): redraw, ctrl('N'): down, ctrl('P'): up,
	ctrl('U'): removeLeft, ctrl('W'): removeWord,
}

func ctrl(letter byte) byte { return letter & 0x1f }

// sequences are the keys that are several bytes, without what they begin with:
// see "ctlseqs" of xterm, and "Console Virtual Terminal Sequences" on
// learn.microsoft.com.
var sequences = map[string]key{
	"A": up, "B": down, "C": right, "D": left, "H": home, "F": end,
	"1~": home, "4~": end, "7~": home, "8~": end, "3~": remove,
}

const escape = 0x1b

// nextKey takes a key off what was typed. size is 0 if more has to come first.
func nextKey(typed []byte) (k key, size int) {
	switch b := typed[0]; {
	case b == escape:
		return nextSequence(typed)
	case b < ' ' || b == 0x7f:
		if k, known := controls[b]; known {
			return k, 1
		}
		return none, 1
	case !utf8.FullRune(typed):
		return none, 0
	}
	r, size := utf8.DecodeRune(typed)
	return key(r), size
}

// nextSequence ends with the first byte that can't be within a sequence. An
// escape before anything else, such as Alt with a letter, counts for nothing.
func nextSequence(typed []byte) (k key, size int) {
	if len(typed) < 2 {
		return none, 0
	}
	if typed[1] != '[' && typed[1] != 'O' {
		return none, 1
	}
	within := func(r rune) bool { return r < 0x20 || r > 0x3f }
	n := bytes.IndexFunc(typed[2:], within)
	if n < 0 {
		return none, 0
	}
	size = 2 + n + 1
	if k, known := sequences[string(typed[2:size])]; known {
		return k, size
	}
	return none, size
}
