package harmless_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"iocp/cmd/iocp/internal/harmless"
)

func TestAppend(t *testing.T) {
	for name, c := range map[string]struct{ said, heard string }{
		"plain":                  {"[kim] hello\tworld", "[kim] hello\tworld"},
		"Hangul":                 {"[김] 안녕하세요 뷁", "[김] 안녕하세요 뷁"},
		"code page 949":          {"[kim] \xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4", "[kim] \xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4"},
		"its own syllables":      {"\x8cc\x94\xee\x9b\x41", "\x8cc\x94\xee\x9b\x41"},
		"emoji":                  {"👩‍👩‍👧 e\u0301", "👩‍👩‍👧 e\u0301"},
		"Latin-1":                {"caf\xe9 ", "caf\xe9 "},
		"a cut character":        {"\xec\x95[a] \x88", "\xec?[a] ?"},
		"a cut pair":             {"\xbe[a] \xc8", "\xbe[a] \xc8"},
		"all of C0":              {"\x00\x01\x05\x07\b\v\f\r\x0e\x0f\x1b\x1f\x7f.", "."},
		"C1 as characters":       {"a\u0080\u009b2J\u009f", "a??2J?"},
		"C1 as bytes":            {"a\x80\x9b2J\x9f", "a??2J?"},
		"telnet":                 {"\xff\xf4\xff\xfd\x06.", "\xf4\xfd."},
		"joined by leaving out":  {"\xc2\x1b\x9b2J", "?2J"},
		"joined across a NUL":    {"\xa1\xc2\x00\x9bA", "\xa1\xc2?"},
		"across two pairs":       {"\xa1\xc2\x9bA", "\xa1\xc2?"},
		"an override in 2 pairs": {"\xa1\xe2\x81\xa6\xa1.", "\xa1\xe2?\xa1."},
		"direction":              {"a\u202eb\u2066c\u2028d", "a?b?c?d"},
	} {
		if got := harmless.Append([]byte("x"), []byte(c.said)); string(got) != "x"+c.heard {
			t.Errorf("%s: %q is heard as %q, want %q", name, c.said, got[1:], c.heard)
		}
	}
}

// TestKoreanStays has text of KS X 1001 in code page 949, which is what people
// write, in any order.
func TestKoreanStays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		line := []byte("[kim] ")
		for range 20 {
			if r.IntN(5) == 0 {
				line = append(line, byte(' '+r.IntN(0x7f-' ')))
				continue
			}
			line = append(line, byte(0xa1+r.IntN(0xfe-0xa1)), byte(0xa1+r.IntN(0xff-0xa1)))
		}
		if got := harmless.Append(nil, line); !bytes.Equal(got, line) {
			t.Fatalf("%q is heard as %q", line, got)
		}
	}
}

// TestSyllablesStay has each character of two bytes on its own.
func TestSyllablesStay(t *testing.T) {
	for lead := 0x81; lead < 0xff; lead++ {
		for trail := 0x41; trail < 0xff; trail++ {
			letter := trail <= 'Z' || 'a' <= trail && trail <= 'z' || trail > 0x80
			lost := lead == 0xc2 && 0x81 <= trail && trail < 0xa0 // in UTF-8, a control character
			if !letter || lost || lead > 0xc6 && trail < 0xa1 {
				continue
			}
			line := "[a] " + string([]byte{byte(lead), byte(trail)}) + "."
			if got := harmless.Append(nil, []byte(line)); string(got) != line {
				t.Errorf("%q is heard as %q", line, got)
			}
		}
	}
}

func TestAppendVisible(t *testing.T) {
	for said, seen := range map[string]string{
		"a\tb\r\x00\r":         "a\tb",
		"\x00a\x00b\x1b[2J\a":  "ab␛[2J␇",
		"\x7f\r.":              "␡␍.",
		"a\u009bb\x9bc\xffd":   "a\ufffdb\ufffdc\ufffdd",
		"\xbe\xc8":             "\ufffd\ufffd",
		"안녕 \u202e \U000e0041": "안녕 \ufffd \ufffd",
	} {
		if got := harmless.AppendVisible(nil, []byte(said)); string(got) != seen {
			t.Errorf("%q is seen as %q, want %q", said, got, seen)
		}
	}
}

// FuzzAppend looks at what readers of either encoding get.
func FuzzAppend(f *testing.F) {
	for _, seed := range []string{
		"[kim] hello\r", "안녕\u009b", "\xbe\xc8\xb3\xe7\x9b2J", "\xc2\x1b\x9b\x41", "\xa1\xc2\x9bA",
		"\xa1\xe2\x81\xa6\xa1", "\xb0\xf3\xa0\x81\xa1", "\xc2\xc2\xc2\x9b\x9b\x9b", "\xff\xfd\x01", "\xe2\x80", "\xed\xa0\x80\x80",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(check)
}

// TestNeighbours has all lines of five out of some bytes that mean something
// together.
func TestNeighbours(t *testing.T) {
	bytes := []byte("\x1bA2\x80\x81\x9b\xa0\xa1\xa6\xc2\xe2\xf3")
	line := make([]byte, 5)
	for n := range 12 * 12 * 12 * 12 * 12 {
		for i := range line {
			line[i] = bytes[n%len(bytes)]
			n /= len(bytes)
		}
		if check(t, line); t.Failed() {
			return
		}
	}
}

func check(t *testing.T, line []byte) {
	said := string(line)
	heard := harmless.Append(nil, line)
	checkHeard(t, line, heard)
	if again := harmless.Append(nil, heard); !bytes.Equal(again, heard) {
		t.Errorf("%q is heard as %q, and that as %q", line, heard, again)
	}
	if utf8.Valid(line) && !strings.ContainsFunc(said, harmful) && string(heard) != said {
		t.Errorf("%q is heard as %q", line, heard)
	}
	seen := harmless.AppendVisible(nil, line)
	if !utf8.Valid(seen) || strings.ContainsFunc(string(seen), harmful) {
		t.Errorf("%q is seen as %q", line, seen)
	}
	if string(line) != said {
		t.Errorf("the line itself was changed: %q", line)
	}
}

// harmful says the rule in another way.
func harmful(r rune) bool {
	return r != '\t' && unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) ||
		strings.ContainsRune("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r) ||
		0xe0000 <= r && r <= 0xe007f
}

// checkHeard fails if a reader of UTF-8, who takes one byte for each error,
// finds a command in what is heard, or a byte of C1 stands without a neighbour.
func checkHeard(t *testing.T, line, heard []byte) {
	t.Helper()
	if bytes.IndexByte(heard, 0xff) >= 0 || len(heard) > len(line) {
		t.Errorf("%q is heard as %q", line, heard)
	}
	for i := 0; i < len(heard); {
		r, size := utf8.DecodeRune(heard[i:])
		if harmful(r) {
			t.Fatalf("%q is heard as %q, with %U", line, heard, r)
		}
		lonely := (i == 0 || heard[i-1] < 0x81) && (i+1 == len(heard) || heard[i+1] < 'A')
		if size == 1 && 0x80 <= heard[i] && heard[i] < 0xa0 && lonely {
			t.Fatalf("%q is heard as %q, with the byte %#x on its own", line, heard, heard[i])
		}
		i += size
	}
}
