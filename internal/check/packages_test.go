package main

import (
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What isn't tried under Wine is built of the same files there.
func TestNativeOnly(t *testing.T) {
	for _, dir := range nativeOnly {
		var files [2][]string
		for i, goos := range []string{"linux", "windows"} {
			ctx := build.Default
			ctx.GOOS = goos
			p, err := ctx.ImportDir(filepath.Join("..", "..", dir), 0)
			if err != nil {
				t.Fatal(err)
			}
			files[i] = slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles)
		}
		if !slices.Equal(files[0], files[1]) {
			t.Errorf("%s is %q, and for Windows %q", dir, files[0], files[1])
		}
	}
}

// A package that has moved would be left out in vain, and another in its stead.
func TestLess(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	s := &session{ctx: t.Context(), scratch: os.TempDir()}
	for _, dirs := range [][]string{nativeOnly, sequential} {
		all, err := s.less(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		some, err := s.less(nil, dirs)
		if err != nil || len(some) != len(all)-len(dirs) {
			t.Errorf("%d packages without %d are %d, %v", len(all), len(dirs), len(some), err)
		}
	}
	if _, err := s.less(nil, []string{"internal/gone"}); err == nil {
		t.Error("a package that isn't there was left out")
	}
}
