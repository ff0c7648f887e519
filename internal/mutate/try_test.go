package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A module whose test notices one of three changes, and is hung by another.
func TestTry(t *testing.T) {
	for _, tool := range []string{"sh", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("capability: %v", err)
		}
	}
	t.Chdir(t.TempDir())
	write(t, "go.mod", "module p\n\ngo 1.26\n")
	write(t, "p.go", "package p\n\nvar calls int\n\nfunc f(a int) int {\n\tfor a > 9 {\n\t\ta -= 2\n\t}\n\tcalls++\n\treturn a + 1\n}\n")
	write(t, "p_test.go", "package p\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) {\n\tt.Run(\"x\", func(t *testing.T) {\n\t\tif f(10) != 9 {\n\t\t\tt.Fatal()\n\t\t}\n\t})\n}\n")
	all, err := find("p.go", must(os.ReadFile("p.go")))
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{dir: t.TempDir(), timeouts: map[string]time.Duration{".": 3 * time.Second}, memoryMiB: 2048}
	seen := 0
	for _, m := range all {
		want := map[string]string{
			"arithmetic +": "killed . TestF/x",
			"drop a -= 2":  "killed . TestF (hangs)",
			"step ++":      "survived",
		}[m.Kind+" "+m.Was]
		if want == "" {
			continue
		}
		seen++
		r, err := tr.try(m, []stage{{pkg: "."}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(r.Result + " " + r.By); got != want {
			t.Errorf("%s: %s, want %s", m, got, want)
		}
	}
	if seen != 3 {
		t.Errorf("%d of 3 mutants found", seen)
	}
	r, err := tr.try(mutant{File: "p.go", Is: "pack age"}, []stage{{pkg: "."}})
	if err != nil || r.Result != unbuilt {
		t.Errorf("what can't be built: %s, %v", r.Result, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestFailure(t *testing.T) {
	for out, want := range map[string]string{
		"FAIL\tp [build failed]\nFAIL\n":                                               unbuilt,
		"--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/x (0.00s)\n        a.go:1: no\n": "TestA/x",
		"panic: test timed out after 1s\n\trunning tests:\n\t\tTestA (1s)\n":           "TestA (hangs)",
		"fatal error: all goroutines are asleep\n":                                     "(the process ends)",
	} {
		if got := failure(out); got != want {
			t.Errorf("%q: %s, want %s", out, got, want)
		}
	}
}

// Results that are written down can be read again, and aren't tried again.
func TestRecord(t *testing.T) {
	o := &options{out: t.TempDir() + "/results"}
	for _, kind := range []string{"drop", "bound"} {
		if err := o.record(result{mutant: mutant{Room: "sched", File: "p.go", Kind: kind}, Result: survived}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := o.read()
	if err != nil || len(got) != 2 || got[1].key() != (mutant{File: "p.go", Kind: "bound"}).key() {
		t.Errorf("read %+v, %v", got, err)
	}
	var tables strings.Builder
	report(&tables, got)
	if !strings.Contains(tables.String(), "| sched | 2 | 0 | 0 | 2 |\n") {
		t.Errorf("the table is\n%s", tables.String())
	}
}
