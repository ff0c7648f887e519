//go:build unix

package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestDialogue(t *testing.T) {
	for _, c := range []struct{ name, block, fault string }{
		{"talk", "$ read a; echo one $a; read b; echo $b\n> x\none x\n> y", ""},
		{"one after the other", "$ echo first; read a; cat >/dev/null\nfirst\n$ echo second; read a\nsecond\n> q", ""},
		{"interrupted", "$ echo here; exec sleep 600\nhere", ""},
		{"says something else", "$ echo two; read a\none\n> x", "waiting for \"one\""},
		{"fails", "$ read a; exit 3\nx\n> q", "waiting for \"x\""},
		{"fails at the end", "$ echo x; read a; exit 3\nx\n> q", "it failed: exit status 3"},
		{"ends too soon", "$ echo x\nx", "it ended too soon"},
		{"no program", "> x", "comes before any program"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &dialogue{dir: t.TempDir(), bound: time.Minute}
			if c.fault != "" {
				d.bound = time.Second // what is waited for never comes
			}
			err := d.add(strings.Split(c.block, "\n"))
			err = errors.Join(err, d.finish())
			switch {
			case err == nil && c.fault != "":
				t.Errorf("no fault, want %q", c.fault)
			case err != nil && (c.fault == "" || !strings.Contains(err.Error(), c.fault)):
				t.Errorf("got %v, want %q", err, c.fault)
			}
		})
	}
}
