package main

import (
	"testing"
	"time"
)

func TestUnits(t *testing.T) {
	for text, want := range map[string]amount{
		"0": 0, "64": 64, "-5": -5, "1k": 1000, "10K": 10_000, "1.5k": 1500, "64KiB": 65_536, "64kb": 64_000, "2Mi": 2 << 20, "1 MiB": 1 << 20, "1e3": 1000, "1GiB": 1 << 30,
	} {
		var a amount
		if err := a.UnmarshalText([]byte(text)); err != nil || a != want {
			t.Errorf("%q is %d, %v; want %d", text, a, err, want)
		}
	}
	for _, text := range []string{"", "k", "many", "1.5", "1x", "1 k k", "0.5B", "1e30", "NaN", "inf", "0x10"} {
		var a amount
		if err := a.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %d", text, a)
		}
	}
	for text, want := range map[string]frequency{"0.5": 0.5, "2.5k": 2500, "64KiB": 65_536} {
		var f frequency
		if err := f.UnmarshalText([]byte(text)); err != nil || f != want {
			t.Errorf("%q is %g, %v; want %g", text, f, err, want)
		}
	}
	for text, want := range map[string]time.Duration{
		"500ms": 500 * time.Millisecond, "2s": 2 * time.Second, "1m30s": 90 * time.Second, "2": 2 * time.Second, "0.25": 250 * time.Millisecond, "0": 0, "-1s": -time.Second,
	} {
		var s span
		if err := s.UnmarshalText([]byte(text)); err != nil || time.Duration(s) != want {
			t.Errorf("%q is %v, %v; want %v", text, time.Duration(s), err, want)
		}
	}
	for _, text := range []string{"", "soon", "5 minutes", "1e30", "inf"} {
		var s span
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, time.Duration(s))
		}
	}
}
