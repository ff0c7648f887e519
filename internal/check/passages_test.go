package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestPassages(t *testing.T) {
	text := strings.ReplaceAll(`# A title

'''sh
go test work
'''

    $ iocp load HOST PORT        a remark
    > typed
    require iocp v0.0.0

| see 'go test -run C3_ .', 'go work(port)' | 'IOCP_BACKEND=epoll go test -bench X ./a' and 'iocp --help' |

'''go
package main
'''
'''text
go test nothing
'''
`, "'", "`")
	want := []string{
		"3 sh [go test work]", "7 command [iocp load HOST PORT        a remark]", "11 command [go test -run C3_ .]",
		"11 command [IOCP_BACKEND=epoll go test -bench X ./a]", "13 go [package main]",
	}
	var got []string
	for _, p := range passagesOf("a.md", text) {
		got = append(got, fmt.Sprint(p.line, " ", p.kind, " ", p.text))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestParseQuoted(t *testing.T) {
	for text, want := range map[string]string{
		`go test -run 'A/.*/(B|C)' .`:         "[] [go test -run A/.*/(B|C) .]",
		`A=b C=d go run ./x 'a b' # why`:      "[A=b C=d] [go run ./x a b]",
		`iocp load h 1 --json >file`:          "[] [iocp load h 1 --json]",
		`go test -bench . ./x | benchstat -`:  "[] [go test -bench . ./x]",
		`iocp echo --model=port && something`: "[] [iocp echo --model=port]",
	} {
		q, err := parseQuoted(text)
		if got := fmt.Sprint(q.env, " ", q.args); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := parseQuoted(`go test -run 'C3_\|C8_' .`); err == nil {
		t.Error("an escape was taken")
	}
}

// TestEveryCommandIsUnderstood goes through all documents without running anything.
func TestEveryCommandIsUnderstood(t *testing.T) {
	t.Chdir("../..")
	all, err := allPassages()
	if err != nil || len(all) < 20 {
		t.Fatalf("%d passages, error %v", len(all), err)
	}
	for _, p := range all {
		if p.kind != "command" {
			continue
		}
		if _, err := parseQuoted(p.text[0]); err != nil {
			t.Errorf("%s:%d: %v: %s", p.file, p.line, err, p.text[0])
		}
	}
}
