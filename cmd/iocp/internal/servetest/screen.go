package servetest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Screen is a terminal as people have them, with a cursor, rows that scroll,
// wide characters, and marks that join the cell before. It counts cells for
// each code point, as most terminals do, whatever the editor thinks of it.
type Screen struct {
	columns     int
	rows        [][]string // of cells; the right half of a wide one is empty
	row, column int
	saved       [2]int
	wrap        bool
	Unknown     []string // sequences that it doesn't know
	rest        string   // of an unfinished one
}

// NewScreen is one of so many columns.
func NewScreen(columns int) *Screen {
	return &Screen{columns: columns, rows: [][]string{nil}, wrap: true}
}

// Write shows what a program sends.
func (s *Screen) Write(p []byte) (int, error) {
	text := s.rest + string(p)
	for text != "" {
		size := s.take(text)
		if size == 0 {
			break
		}
		text = text[size:]
	}
	s.rest = text
	return len(p), nil
}

// take does what text begins with, and tells how long that is.
func (s *Screen) take(text string) int {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case r == '\r':
		s.column = 0
	case r == '\n':
		s.down()
	case r == '\t':
		s.column = min((s.column/8+1)*8, s.columns-1)
	case r == '\a':
	case r == '\x1b':
		return s.sequence(text)
	case unicode.IsControl(r) || r == utf8.RuneError && size == 1:
		s.Unknown = append(s.Unknown, fmt.Sprintf("%q", text[:size]))
	default:
		s.put(r)
	}
	return size
}

func (s *Screen) down() {
	s.row++
	if s.row == len(s.rows) {
		s.rows = append(s.rows, nil)
	}
}

func (s *Screen) sequence(text string) int {
	for _, known := range []struct {
		text string
		do   func()
	}{
		{"\x1b[K", func() { s.rows[s.row] = s.rows[s.row][:min(s.column, len(s.rows[s.row]))] }},
		{"\x1b7", func() { s.saved = [2]int{s.row, s.column} }},
		{"\x1b8", func() { s.row, s.column = s.saved[0], s.saved[1] }},
		{"\x1b[?7l", func() { s.wrap = false }},
		{"\x1b[?7h", func() { s.wrap = true }},
		{"\x1b[H\x1b[2J", func() { s.rows, s.row, s.column = [][]string{nil}, 0, 0 }},
	} {
		if strings.HasPrefix(text, known.text) {
			known.do()
			return len(known.text)
		}
	}
	s.Unknown = append(s.Unknown, fmt.Sprintf("%.10q", text))
	return 1
}

func (s *Screen) put(r rune) {
	cells := cellsOf(r)
	if cells == 0 {
		s.join(r)
		return
	}
	if s.column+cells > s.columns {
		if !s.wrap {
			s.column = s.columns - cells
		} else {
			s.column = 0
			s.down()
		}
	}
	row := s.rows[s.row]
	for len(row) < s.column+cells {
		row = append(row, " ")
	}
	row[s.column] = string(r)
	if cells == 2 {
		row[s.column+1] = ""
	}
	s.rows[s.row] = row
	s.column += cells
}

// join puts a mark on the character left of the cursor.
func (s *Screen) join(r rune) {
	row, at := s.rows[s.row], s.column-1
	if at < 0 || at >= len(row) {
		return
	}
	for at > 0 && row[at] == "" {
		at--
	}
	row[at] += string(r)
}

// cellsOf is what wcwidth(3) says, near enough.
func cellsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), 0x1160 <= r && r <= 0x11ff:
		return 0
	case 0x1100 <= r && r <= 0x115f, 0x2e80 <= r && r <= 0xa4cf, 0xac00 <= r && r <= 0xd7a3,
		0xf900 <= r && r <= 0xfaff, 0xff00 <= r && r <= 0xff60, 0x1f300 <= r && r <= 0x1faff:
		return 2
	}
	return 1
}

// text is what stands in a row, without what is empty at its end.
func (s *Screen) text(row int) string {
	return strings.TrimRight(strings.Join(s.rows[row], ""), " ")
}

// Above are the rows before the cursor's.
func (s *Screen) Above() string {
	var all strings.Builder
	for row := range s.row {
		all.WriteString(s.text(row) + "\n")
	}
	return all.String()
}

// Cursor is the cursor's row as it looks with a bar where the cursor is.
func (s *Screen) Cursor() string {
	row := s.rows[s.row]
	at := min(s.column, len(row))
	return strings.Join(row[:at], "") + "|" + strings.TrimRight(strings.Join(row[at:], ""), " ")
}
