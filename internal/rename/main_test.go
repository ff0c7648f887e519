package main

import "testing"

func TestImports(t *testing.T) {
	const text = `package p

import _ "iocp/internal/driver/sim" // to be had by name only

import (
	"testing"

	"golang.org/x/sys/unix"

	other "iocp/server"
	"iocp"
	. "iocp/porttest"
	"iocpx"
)

var s = "iocp/server"
`
	const want = `package p

import _ "example.com/you/iocp/internal/driver/sim" // to be had by name only

import (
	"testing"

	"golang.org/x/sys/unix"

	"example.com/you/iocp"
	. "example.com/you/iocp/porttest"
	other "example.com/you/iocp/server"
	"iocpx"
)

var s = "iocp/server"
`
	r := renaming{"iocp", "example.com/you/iocp"}
	got, err := r.imports([]byte(text))
	if err != nil || string(got) != want {
		t.Errorf("error %v, got\n%s", err, got)
	}
	again, err := r.imports(got)
	if err != nil || string(again) != want {
		t.Errorf("the second time: error %v, got\n%s", err, again)
	}
}

func TestModules(t *testing.T) {
	const text = "module iocp/cmd/iocp\n\nrequire iocp v0.0.0 // iocpx\nrequire (\n\tiocp v0.0.0\n\texample.com/iocp v1.0.0\n)\nreplace iocp => ../..\n"
	const want = "module a.b/c/cmd/iocp\n\nrequire a.b/c v0.0.0 // iocpx\nrequire (\n\ta.b/c v0.0.0\n\texample.com/iocp v1.0.0\n)\nreplace a.b/c => ../..\n"
	if got, _ := (renaming{"iocp", "a.b/c"}).words([]byte(text)); string(got) != want {
		t.Errorf("got\n%s", got)
	}
}

func TestBadPaths(t *testing.T) {
	t.Chdir("../..")
	for _, name := range []string{"", "a b", "/a", "a/", "-x", `a"b`} {
		if n, err := rename(name); err == nil || n != 0 {
			t.Errorf("%q was taken", name)
		}
	}
}
