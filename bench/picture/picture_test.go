package main

import (
	"encoding/xml"
	"fmt"
	"image/png"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func latencies(values ...int64) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, 1e12, 3)
	for _, v := range values {
		h.RecordValue(v)
	}
	return h
}

// text is what a reader of an SVG file reads.
func text(t *testing.T, file string) string {
	t.Helper()
	var words strings.Builder
	for dec := xml.NewDecoder(strings.NewReader(file)); ; {
		token, err := dec.Token()
		if err == io.EOF {
			return words.String()
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if data, ok := token.(xml.CharData); ok {
			words.Write(data)
		}
	}
}

// drawn is the picture of what comes in, as text.
func drawn(t *testing.T, in string, args ...string) string {
	t.Helper()
	var out strings.Builder
	if err := run(args, strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	return text(t, out.String())
}

func result(t *testing.T, target string, h *hdrhistogram.Histogram) string {
	t.Helper()
	encoded, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"target": %q, "scenario": "echo", "conns": 50, "size": 64, "latencies_hdr": %q}`+"\n", target, encoded)
}

func TestLoad(t *testing.T) {
	h := latencies()
	for i := range int64(2000) {
		h.RecordValue(50_000 + i*100)
	}
	one := result(t, "127.0.0.1:9190", h)
	got := drawn(t, one)
	for _, want := range []string{"iocp load: echo, 50 connections, 64 bytes", "127.0.0.1:9190", "percentile", "50 %", "90 %", "99 %", "99.9 %", "1000"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if strings.Contains(got, "99.99 %") {
		t.Error("2000 messages tell nothing of the 99.99th percentile")
	}
	got = drawn(t, one+result(t, "127.0.0.1:7", h), "-title", "before and after")
	for _, want := range []string{"before and after", "1: 127.0.0.1:9190", "2: 127.0.0.1:7"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

// TestFieldNames draws what the tests of iocp load hold it to.
func TestFieldNames(t *testing.T) {
	in, err := os.ReadFile("../../cmd/iocp/load/testdata/result.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := drawn(t, string(in)); !strings.Contains(got, "iocp load: idle, 50 connections, 64 bytes") {
		t.Errorf("drawn as %q", got)
	}
}

func TestTune(t *testing.T) {
	const settings = `{"goal": "throughput", "settings": [
		{"backend": "uring", "workers": 2, "concurrency": 1, "batch": 64, "contest": true, "better_than_default": {"mean": 1, "low": 1, "high": 1}},
		{"backend": "epoll", "workers": 4, "concurrency": 4, "batch": 1, "contest": true, "better_than_default": {"mean": 1.04, "low": 0.97, "high": 1.12}},
		{"backend": "portable", "workers": 9, "concurrency": 9, "batch": 9, "better_than_default": {"mean": 0, "low": 0, "high": 0}}]}`
	got := drawn(t, settings)
	for _, want := range []string{"uring, 1/2 workers, batch 64 (default)", "epoll, 4/4 workers, batch 1", "throughput, how many times", "1.04"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if strings.Contains(got, "portable") {
		t.Error("a setting that was out at the first look is drawn")
	}
}

func TestIntervals(t *testing.T) {
	for _, bars := range [][]bar{
		{{"one alone", 1, 1, 1}},
		{{"a", 1, 1, 1}, {"far away", 30, 2, 450}},
	} {
		p, err := intervals("a title", "what it is", bars)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := p.write(&out, "svg"); err != nil {
			t.Fatal(err)
		}
		for _, b := range bars {
			if got := text(t, out.String()); !strings.Contains(got, b.name) {
				t.Errorf("no %q in %q", b.name, got)
			}
		}
	}
}

func TestPNG(t *testing.T) {
	for _, values := range [][]int64{{1}, {1000, 1000}, {1, 1e11}} {
		var out strings.Builder
		if err := run([]string{"-png"}, strings.NewReader(result(t, "x", latencies(values...))), &out); err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(strings.NewReader(out.String())); err != nil {
			t.Error(err)
		}
	}
}

func TestRefusals(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "nothing to draw",
		"target 127.0.0.1:9190":     "isn't what iocp load",
		"{}":                        "no latencies",
		`{"latencies_hdr": "HIST"}`: "can't be read",
		`{"settings": []}`:          "no settings",
		result(t, "x", latencies()): "no message came back",
	} {
		if err := run(nil, strings.NewReader(in), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", in, err, want)
		}
	}
	for _, args := range [][]string{{"latency.svg"}, {"-gif"}} {
		if err := run(args, strings.NewReader("{}"), io.Discard); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}
