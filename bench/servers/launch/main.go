// Command launch runs a chat server that is a program of its own: it writes
// the configuration, tells the address and the process, and ends it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"iocp/bench/internal/peer"
)

var what = flag.String("what", "", "chat, ngircd or ergo")

func main() {
	dir, err := os.MkdirTemp("", "launch")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	peer.Main(func(o peer.Options) error {
		defer os.RemoveAll(dir)
		return run(dir, o)
	})
}

// program is what can be launched.
type program struct {
	find func() (string, error)

	// prepare writes what the program needs into the directory and returns
	// its arguments.
	prepare func(dir, path string, o peer.Options) ([]string, error)

	// tells is set if the program tells where it listens.
	tells bool
}

var programs = map[string]program{
	"chat":   {find: beside("iocp"), prepare: chatArgs, tells: true},
	"ngircd": {find: installed("ngircd", "install the Debian package ngircd"), prepare: ngircdArgs},
	"ergo":   {find: installed("ergo", "take it from https://github.com/ergochat/ergo/releases"), prepare: ergoArgs},
}

func run(dir string, o peer.Options) error {
	p, ok := programs[*what]
	if !ok {
		return fmt.Errorf("-what %q: choose chat, ngircd or ergo", *what)
	}
	path, err := p.find()
	if err != nil {
		return err
	}
	if !p.tells {
		addr, err := o.Fixed()
		if err != nil {
			return err
		}
		o.Addr = addr.String()
	}
	args, err := p.prepare(dir, path, o)
	if err != nil {
		return err
	}
	return start(exec.Command(path, args...), dir, p.tells, o)
}

// beside finds a program that was built into the same directory as this one.
func beside(name string) func() (string, error) {
	return func() (string, error) {
		own, err := os.Executable()
		return filepath.Join(filepath.Dir(own), name), err
	}
}

func installed(name, remedy string) func() (string, error) {
	return func() (string, error) {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", errors.New(name + " isn't on the PATH: " + remedy)
		}
		return path, nil
	}
}
