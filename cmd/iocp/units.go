package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// amount is a whole number of things or bytes, as people write it: 64, 10k,
// 64KiB, 1.5M.
type amount int

// UnmarshalText is how kong reads it.
func (a *amount) UnmarshalText(text []byte) error {
	n, err := parseNumber(string(text))
	if err != nil {
		return err
	}
	if n != math.Trunc(n) || float64(int(n)) != n {
		return fmt.Errorf("%q is no whole number that can be meant", text)
	}
	*a = amount(n)
	return nil
}

// frequency is so many things or bytes a second: 100, 2.5, 10k, 64KiB.
type frequency float64

// UnmarshalText is how kong reads it.
func (f *frequency) UnmarshalText(text []byte) error {
	n, err := parseNumber(string(text))
	*f = frequency(n)
	return err
}

var units = map[string]float64{
	"": 1, "b": 1,
	"k": 1e3, "kb": 1e3, "ki": 1 << 10, "kib": 1 << 10,
	"m": 1e6, "mb": 1e6, "mi": 1 << 20, "mib": 1 << 20,
	"g": 1e9, "gb": 1e9, "gi": 1 << 30, "gib": 1 << 30,
}

func parseNumber(text string) (float64, error) {
	number := strings.TrimRightFunc(text, unicode.IsLetter)
	unit, known := units[strings.ToLower(text[len(number):])]
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !known {
		return 0, fmt.Errorf("%q is no number: give one such as 64, 10k (10000), 64KiB (65536) or 1.5M", text)
	}
	return n * unit, nil
}

// span is a time, as people write it: 500ms, 2s, 1m30s, or seconds without a
// unit.
type span time.Duration

// UnmarshalText is how kong reads it.
func (s *span) UnmarshalText(text []byte) error {
	if seconds, err := strconv.ParseFloat(string(text), 64); err == nil && math.Abs(seconds) < 1e9 {
		*s = span(math.Round(seconds * float64(time.Second)))
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no time: give one such as 500ms, 2s, 1m30s, or a number of seconds", text)
	}
	*s = span(d)
	return nil
}
