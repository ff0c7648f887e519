package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestParseFigures(t *testing.T) {
	f, err := parseFigures(`{"client":"c","conns":64,"depth":1,"seconds":2,"messages":1000,"latency_us":{"p50":1.5,"p99.9":9},"server_cpu_s":0.004}` + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if f.Throughput() != 500 || f.CPUPerMessage() != 4 || f.Latency.P50 != 1.5 || f.Latency.P999 != 9 {
		t.Errorf("got %+v", f)
	}
	if f, err := parseFigures(`{"conns":64,"depth":0,"seconds":2,"messages":0,"server_rss_load":4096}`); err != nil || f.ServerRSSLoad != 4096 {
		t.Errorf("silence: got %+v, %v", f, err)
	}
	for _, bad := range []string{"", "no", "{}", `{"depth":1,"seconds":2,"messages":0,"server_cpu_s":1}`} {
		if f, err := parseFigures(bad); err == nil {
			t.Errorf("%q is accepted as %+v", bad, f)
		}
	}
}

func TestParseReady(t *testing.T) {
	s := server{cmd: &exec.Cmd{Process: &os.Process{Pid: 7}}}
	if err := s.parseReady("127.0.0.1:4711 uring\n"); err != nil || s.addr.Port() != 4711 || s.note != "uring" || s.pid != 7 {
		t.Errorf("got %v, %q, %d, %v", s.addr, s.note, s.pid, err)
	}
	if err := s.parseReady("127.0.0.1:4711 pid=8\n"); err != nil || s.note != "" || s.pid != 8 {
		t.Errorf("got %q, %d, %v", s.note, s.pid, err)
	}
	for _, bad := range []string{"", "\n", "listening on 127.0.0.1:1\n", "127.0.0.1:1 pid=x\n"} {
		if err := s.parseReady(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestComplaint(t *testing.T) {
	tests := map[string]string{
		"c/uring.c:9:10: fatal error: liburing.h: No such file\n 9 | #include\ncompilation terminated.": "c/uring.c:9:10: fatal error: liburing.h: No such file",
		"go: downloading x v1\ngo: x@v1: 403 Forbidden":                                                 "go: x@v1: 403 Forbidden",
		"# pkg\npkg/a.go:1:2: undefined: x":                                                             "pkg/a.go:1:2: undefined: x",
		"# pkg":                                                                                         "# pkg",
	}
	for text, want := range tests {
		if got := complaint(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestHead(t *testing.T) {
	var h head
	for range 3 {
		if n, err := h.Write([]byte(strings.Repeat("x", headMax/2+1))); n != headMax/2+1 || err != nil {
			t.Fatalf("got %d, %v", n, err)
		}
	}
	if len(h.text) != headMax {
		t.Errorf("keeps %d bytes, want %d", len(h.text), headMax)
	}
	h.text = []byte("\nfirst\nsecond\n")
	if got := h.line(); got != "first" {
		t.Errorf("got %q", got)
	}
}
