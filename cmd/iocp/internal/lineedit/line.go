package lineedit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// line is text that is being edited. Its cursor stands between characters as
// users see them, which are Unicode's grapheme clusters: a letter with its
// accents, a Hangul syllable however it is composed, an emoji with its joiners.
type line struct {
	text string
	at   int // the cursor, in bytes
}

func (l *line) set(text string) { l.text, l.at = text, len(text) }

// insert puts text where the cursor is. The first of it may join what stands
// before, and the last of it what follows: the cursor goes behind that.
func (l *line) insert(text string) {
	end := l.at + len(text)
	l.text = l.text[:l.at] + text + l.text[l.at:]
	l.at = boundary(l.text, end)
}

// cut takes out what is between two places.
func (l *line) cut(from, to int) {
	l.text = l.text[:from] + l.text[to:]
	l.at = boundary(l.text, from)
}

// before is where the character left of the cursor begins.
func (l *line) before() int {
	last := 0
	for place := range clusters(l.text[:l.at]) {
		last = place
	}
	return last
}

// after is where the one right of it ends.
func (l *line) after() int {
	cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(l.text[l.at:], -1)
	return l.at + len(cluster)
}

// word is where the word left of the cursor begins.
func (l *line) word() int {
	left := strings.TrimRightFunc(l.text[:l.at], unicode.IsSpace)
	i := strings.LastIndexFunc(left, unicode.IsSpace)
	if i < 0 {
		return 0
	}
	_, size := utf8.DecodeRuneInString(left[i:])
	return i + size
}

// boundary is the first place between characters at or behind place.
func boundary(text string, place int) int {
	for start, c := range clusters(text) {
		if start >= place {
			return start
		}
		if end := start + len(c.text); end >= place {
			return end
		}
	}
	return len(text)
}

// cluster is a character as users see it.
type cluster struct {
	text  string
	cells int // that it takes on the screen
}

// clusters gives a text's characters, and where they begin.
func clusters(text string) func(yield func(int, cluster) bool) {
	return func(yield func(int, cluster) bool) {
		place, state := 0, -1
		for rest := text; rest != ""; {
			var c cluster
			c.text, rest, c.cells, state = uniseg.FirstGraphemeClusterInString(rest, state)
			if c.text == "\t" {
				c.cells = 1
			}
			if !yield(place, c) {
				return
			}
			place += len(c.text)
		}
	}
}

// window is the part of a line that is shown.
type window struct {
	left, right string // of the cursor
	hidden      bool   // there is more on the left
}

// see chooses what to show in so many cells: the cursor is within it, and it
// moves in steps, not with each character.
func (l *line) see(room int) window {
	before := 0
	for _, c := range clusters(l.text[:l.at]) {
		before += c.cells
	}
	skip := 0
	if before > room {
		step := max(room/2, 1)
		skip = ((before-room-1)/step + 1) * step
	}
	first, used := 0, 0
	for place, c := range clusters(l.text[:l.at]) {
		if used >= skip {
			break
		}
		used += c.cells
		first = place + len(c.text)
	}
	room -= before - used
	end := l.at
	for _, c := range clusters(l.text[l.at:]) {
		if room -= c.cells; room < 0 {
			break
		}
		end += len(c.text)
	}
	return window{l.text[first:l.at], l.text[l.at:end], first > 0}
}
