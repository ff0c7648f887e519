package main

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What iocp may weigh: who tries a chat server builds and downloads all of it.
const (
	modulesMax = 8
	bytesMax   = 12_000_000
)

// TestBudget builds iocp as users do.
func TestBudget(t *testing.T) {
	file := filepath.Join(t.TempDir(), "iocp")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", file, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	about, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range info.Deps {
		names = append(names, m.Path)
	}
	if len(names) > modulesMax || about.Size() > bytesMax {
		t.Errorf("iocp has %d bytes, and modules %q: %d and %d of them are the limits", about.Size(), names, bytesMax, modulesMax)
	}
	t.Logf("%d bytes, %d modules: %q", about.Size(), len(names), names)
}
