package lineedit_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"iocp/cmd/iocp/internal/lineedit"
	"iocp/cmd/iocp/internal/servetest"
)

const (
	left, right, up, down, home, end = "\x1b[D", "\x1b[C", "\x1b[A", "\x1bOB", "\x1b[H", "\x1b[4~"
	backspace, remove, others        = "\x7f", "\x1b[3~", "\x00"
)

// hands is a keyboard on which each string is typed at a time. For others,
// lines of other people arrive.
type hands struct {
	keys   []string
	others func()
}

func (h *hands) Read(p []byte) (int, error) {
	for len(h.keys) > 0 && h.keys[0] == others {
		h.keys = h.keys[1:]
		h.others()
	}
	if len(h.keys) == 0 {
		return 0, io.EOF
	}
	n := copy(p, h.keys[0])
	if h.keys[0] = h.keys[0][n:]; h.keys[0] == "" {
		h.keys = h.keys[1:]
	}
	return n, nil
}

// typeAll types keys on a screen of so many columns and gives the lines that
// were entered.
func typeAll(t *testing.T, columns int, keys ...string) (s *servetest.Screen, lines []string) {
	t.Helper()
	s = servetest.NewScreen(columns)
	h := &hands{keys: keys}
	e := lineedit.New(h, s, func() (int, int, error) { return columns, 24, nil })
	h.others = func() { io.WriteString(e, "[이] 다른 말\n[lee] more\n") }
	for {
		line, err := e.ReadLine()
		if err != nil {
			if !errors.Is(err, io.EOF) || line != "" {
				t.Errorf("ended with %q, %v", line, err)
			}
			break
		}
		lines = append(lines, line)
	}
	if len(s.Unknown) > 0 {
		t.Errorf("%q: the terminal was sent %s", keys, s.Unknown)
	}
	return s, lines
}

const said = "[이] 다른 말\n[lee] more\n"

// TestKeys shows the row that is being edited, with a bar for the cursor, and
// what is above it.
func TestKeys(t *testing.T) {
	for name, c := range map[string]struct {
		keys         []string
		cursor, rows string
	}{
		"nothing":                    {nil, "> |", ""},
		"Hangul":                     {[]string{"안녕", "하세요"}, "> 안녕하세요|", ""},
		"in pieces of bytes":         {[]string{"\xec", "\x95", "\x88\xeb", "\x85\x95"}, "> 안녕|", ""},
		"left by syllables":          {[]string{"안녕하", left, left, "x"}, "> 안x|녕하", ""},
		"left in two pieces":         {[]string{"안녕", "\x1b", "[", "D", "x"}, "> 안x|녕", ""},
		"right":                      {[]string{"안녕", home, right, "x"}, "> 안x|녕", ""},
		"backspace":                  {[]string{"안녕하", backspace, left, backspace}, "> |녕", ""},
		"backspace at the start":     {[]string{"a", home, backspace}, "> |a", ""},
		"remove":                     {[]string{"안녕하", home, remove, "\x04"}, "> |하", ""},
		"home and end":               {[]string{"안녕", home, "가", end, "나"}, "> 가안녕나|", ""},
		"C-u":                        {[]string{"안녕 하세요", left, "\x15"}, "> |요", ""},
		"C-k":                        {[]string{"안녕 하세요", home, right, "\x0b"}, "> 안|", ""},
		"C-w":                        {[]string{"안녕 하세요 ", "\x17"}, "> 안녕 |", ""},
		"C-w of the only word":       {[]string{"안녕", "\x17"}, "> |", ""},
		"combining marks":            {[]string{"e\u0301u\u0308", left, backspace}, "> |u\u0308", ""},
		"a mark that comes later":    {[]string{"ex", left, "\u0301", "y"}, "> e\u0301y|x", ""},
		"composed of letters":        {[]string{"\u1112\u1161\u11ab\u1100\u1173\u11af", left, "x"}, "> \u1112\u1161\u11abx|\u1100\u1173\u11af", ""},
		"emoji":                      {[]string{"a👩‍👩‍👧👍🏽b", left, left, left, "x"}, "> ax|👩‍👩‍👧👍🏽b", ""},
		"an emoji goes at a time":    {[]string{"👩‍👩‍👧", backspace}, "> |", ""},
		"a flag":                     {[]string{"🇰🇷🇰🇷", left, "x"}, "> 🇰🇷x|🇰🇷", ""},
		"a joiner between":           {[]string{"👩👧", left, "\u200d", "x"}, "> 👩\u200d👧x|", ""},
		"tabs":                       {[]string{"a\tb", left, left, "c"}, "> ac| b", ""},
		"controls in what is pasted": {[]string{"a\x01\x1b[200~b\u009bc\u202ed"}, "> b\ufffdc\ufffdd|a", ""},
		"keys that we don't know":    {[]string{"a\x1b[15;2~\x1bx\x1c\x1bOPb"}, "> axb|", ""},
		"others' lines":              {[]string{"안녕", others, "하"}, "> 안녕하|", said},
		"others, while in the line":  {[]string{"안녕", left, others, "하"}, "> 안하|녕", said},
		"enter":                      {[]string{"안녕", left, "\r"}, "> |", "> 안녕\n"},
		"two lines at a time":        {[]string{"안녕\r하세요\ry"}, "> y|", "> 안녕\n> 하세요\n"},
		"up":                         {[]string{"안녕\r", "하\r", "x", up, up}, "> 안녕|", "> 안녕\n> 하\n"},
		"up and down again":          {[]string{"안녕\r", "하\r", "x", up, up, up, down, down, down}, "> x|", "> 안녕\n> 하\n"},
		"up, changed":                {[]string{"안녕\r", up, backspace, "\r", up, up}, "> 안녕|", "> 안녕\n> 안\n"},
		"C-l":                        {[]string{"안녕", others, "\x0c", "하"}, "> 안녕하|", ""},
	} {
		s, _ := typeAll(t, 40, c.keys...)
		if s.Cursor() != c.cursor || s.Above() != c.rows {
			t.Errorf("%s: the screen shows\n%s%s\nwant\n%s%s", name, s.Above(), s.Cursor(), c.rows, c.cursor)
		}
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("가나다 ", 3000)
	for _, want := range [][]string{{"안녕", "", "\tq", "e\u0301"}, {long, "x"}} {
		if _, got := typeAll(t, 30, strings.Join(want, "\r")+"\r"); strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("entered %.200q, want %.200q", got, want)
		}
	}
	if _, got := typeAll(t, 30, "a\r", "b\x03", "c\r"); len(got) != 1 {
		t.Errorf("entered %q", got)
	}
}

// TestLongLines shows a part of a line that doesn't fit, in one row.
func TestLongLines(t *testing.T) {
	for name, c := range map[string]struct {
		keys   []string
		cursor string
	}{
		"fits":              {[]string{"0123456789abcdefg"}, "> 0123456789abcdefg|"},
		"one more":          {[]string{"0123456789abcdefgh"}, "< 89abcdefgh|"},
		"wide":              {[]string{"가나다라마바사아자"}, "< 마바사아자|"},
		"back":              {[]string{"0123456789abcdefghi", left, left, left}, "> 0123456789abcdef|g"},
		"home":              {[]string{"0123456789abcdefghi", home}, "> |0123456789abcdefg"},
		"a wide one at end": {[]string{"0123456789abcdef가", home}, "> |0123456789abcdef"},
		"others":            {[]string{"0123456789abcdefghi", others}, "< 89abcdefghi|"},
	} {
		s, _ := typeAll(t, 20, c.keys...)
		if s.Cursor() != c.cursor {
			t.Errorf("%s: the row is %q, want %q", name, s.Cursor(), c.cursor)
		}
	}
}

// TestNothingIsDroppedSilently types more than a line may have.
func TestNothingIsDroppedSilently(t *testing.T) {
	s, lines := typeAll(t, 80, strings.Repeat("가", lineedit.LineMax/3+100), "\r", "next\r")
	if len(lines) != 2 || lines[1] != "next" || !utf8.ValidString(lines[0]) || len(lines[0]) > lineedit.LineMax || len(lines[0]) < lineedit.LineMax-3 {
		t.Fatalf("entered %d lines, the first of %d bytes", len(lines), len(lines[0]))
	}
	if !strings.HasPrefix(s.Above(), "*** this line has 65535 bytes, and no more fit") {
		t.Errorf("the screen shows %.200q", s.Above())
	}
}

// TestAnything types all kinds of things on a narrow screen. The rows above
// stay whole, the line is in one row, and what was typed comes out.
func TestAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	kinds := []string{
		"a", " ", "한", "글", "e\u0301", "\u0301", "\u1112\u1161\u11ab", "👩‍👩‍👧", "🇰🇷", "\u200d", "\t", "x\ufe0f",
		left, right, up, down, home, end, backspace, remove, "\x15", "\x17", "\x0b", others, others, "\r",
	}
	for range 300 {
		var keys []string
		for range r.IntN(60) {
			keys = append(keys, kinds[r.IntN(len(kinds))])
		}
		columns := 10 + r.IntN(30)
		s, lines := typeAll(t, columns, keys...)
		want := 0
		for _, k := range keys {
			if k == others {
				want++
			}
		}
		if strings.Count(s.Above(), "[이]") != want || strings.Count(s.Above(), "[lee] more\n") != want {
			t.Fatalf("%q: the screen shows\n%s%s", keys, s.Above(), s.Cursor())
		}
		if row := s.Cursor(); row[0] != '>' && row[0] != '<' {
			t.Fatalf("%q: the row is %q", keys, row)
		}
		for _, line := range lines {
			if !utf8.ValidString(line) {
				t.Fatalf("%q: entered %q", keys, line)
			}
		}
	}
}

func TestClosed(t *testing.T) {
	s := servetest.NewScreen(40)
	e := lineedit.New(&hands{}, s, func() (int, int, error) { return 0, 0, errors.New("gone") })
	io.WriteString(e, "one\n")
	e.Close()
	if _, err := io.WriteString(e, "two\n"); err == nil {
		t.Error("written after Close")
	}
	if s.Above() != "one\n" || s.Cursor() != "|" {
		t.Errorf("the screen shows\n%s%s", s.Above(), s.Cursor())
	}
}
