package iocp

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"iocp/internal/driver"
)

// Backends lists the backends that New tries on this system, in its order.
// That a name is listed doesn't mean that the kernel allows it: see [Probe].
func Backends() []string {
	names := make([]string, len(candidates))
	for i, b := range candidates {
		names[i] = b.Name()
	}
	return names
}

// Probe opens a port on the named backend and closes it again. The error says
// why the backend can't be had here, and what to do about it.
func Probe(backend string) error {
	p, err := New(Config{Backend: backend})
	if err != nil {
		return err
	}
	return p.Close()
}

// open finds the backend: the one that was named, or the first that works. One
// that only lacks something for the moment isn't passed over.
func (p *Port) open(name string, cfg driver.Config) error {
	if err := driver.CheckDisabled(); err != nil {
		return fmt.Errorf("iocp: %w", err)
	}
	from := "Config.Backend"
	if name == "" {
		name, from = os.Getenv("IOCP_BACKEND"), "IOCP_BACKEND"
	}
	if name != "" {
		return p.openNamed(name, from, cfg)
	}
	for _, b := range candidates {
		drv, err := b.Open(cfg, p.engine.Sink())
		if err == nil {
			p.backend, p.drv = b.Name(), drv
			return nil
		}
		if errors.Is(err, ErrLimit) {
			return limited(b, err)
		}
		p.passed = append(p.passed, Passed{b.Name(), err.Error()})
	}
	return fmt.Errorf("iocp: no backend works here: %v", p.passed)
}

func (p *Port) openNamed(name, from string, cfg driver.Config) error {
	b := findBackend(name)
	if b == nil {
		return fmt.Errorf("iocp: %s names backend %q, which this system doesn't have: choose one of %s", from, name, strings.Join(Backends(), ", "))
	}
	drv, err := b.Open(cfg, p.engine.Sink())
	if errors.Is(err, ErrLimit) {
		return limited(b, err)
	}
	if err != nil {
		return fmt.Errorf("iocp: backend %s, named by %s, can't be had: %w; leave it unset to take the first that works", name, from, err)
	}
	p.backend, p.drv = name, drv
	return nil
}

// limited is the error of a backend that could be had at another moment.
func limited(b driver.Backend, err error) error {
	return fmt.Errorf("iocp: backend %s can't be had now: %w; close something, or raise the limit (of descriptors: ulimit -n)", b.Name(), err)
}

func findBackend(name string) driver.Backend {
	for _, b := range candidates {
		if b.Name() == name {
			return b
		}
	}
	b, _ := driver.Lookup(name)
	return b
}
