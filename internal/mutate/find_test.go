package main

import (
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

const sample = `package p

const most = 64 << 10

func f(a, b int) bool {
	if a < b && a != 0 {
		return true
	}
	switch {
	case a == 2:
		a += 3
	}
	for range b {
		a++
		continue
	}
	mu.Lock()
	defer mu.Unlock()
	g(min(a, b))
	return a+b > 0
}
`

func TestFind(t *testing.T) {
	found, err := find("p.go", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range found {
		before, _, _ := strings.Cut(m.String(), " in ")
		got = append(got, strings.TrimPrefix(before, "p.go:"))
	}
	want := []string{
		"3: constant: 64 << 10 -> 16 * (64 << 10)",
		"6: never: a < b && a != 0 -> false && (a < b && a != 0)",
		"6: always: a < b && a != 0 -> true || (a < b && a != 0)",
		"6: logic: && -> ||",
		"6: bound: < -> <=",
		"6: equal: != -> ==",
		"6: number: 0 -> 0+1",
		"7: answer: true -> false",
		"10: never: a == 2 -> false && (a == 2)",
		"10: equal: == -> !=",
		"10: number: 2 -> 2+1",
		"11: drop: a += 3 -> nothing",
		"11: number: 3 -> 3+1",
		"14: step: ++ -> --",
		"15: branch: continue -> break",
		"19: drop: g(min(a, b)) -> nothing",
		"19: extreme: min -> max",
		"20: bound: > -> >=",
		"20: arithmetic: + -> -",
		"20: number: 0 -> 0+1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Every room has files, and changes of them are such that Go can read: one in
// twenty is looked at, since each takes reading a file.
func TestMutantsOfTheRooms(t *testing.T) {
	t.Chdir("../..")
	for _, r := range rooms {
		all, err := (&options{}).choose(r)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) < 100 {
			t.Errorf("%s has %d mutants: are the files still there?", r.name, len(all))
		}
		for i := 0; i < len(all); i += 20 {
			m := all[i]
			src, err := os.ReadFile(m.File)
			if err != nil {
				t.Fatal(err)
			}
			changed := m.apply(src)
			if string(changed) == string(src) {
				t.Errorf("%s changes nothing", m)
			}
			if _, err := parser.ParseFile(token.NewFileSet(), m.File, changed, parser.SkipObjectResolution); err != nil {
				t.Errorf("%s: %v", m, err)
			}
		}
	}
}

func TestSeedsChooseOtherMutants(t *testing.T) {
	t.Chdir("../..")
	first := func(seed uint64) string {
		all, err := (&options{seed: seed}).choose(rooms[0])
		if err != nil {
			t.Fatal(err)
		}
		return all[0].key()
	}
	one, again, two := first(1), first(1), first(2)
	if one != again || one == two {
		t.Errorf("seed 1 begins with %s and %s, seed 2 with %s", one, again, two)
	}
}
