package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseContender(t *testing.T) {
	tests := []struct {
		name, program, backend string
		loops                  int
	}{
		{"server", "server", "", 0},
		{"server-epoll", "server", "epoll", 0},
		{"port-uring/2", "port", "uring", 2},
		{"gnet/1", "gnet", "", 1},
		{"c-uring", "c-uring", "", 0},
	}
	for _, tt := range tests {
		c, err := parseContender(tt.name)
		if err != nil || c.name != tt.name || c.program.name != tt.program || c.backend != tt.backend || c.loops != tt.loops {
			t.Errorf("%s: got %+v, %v", tt.name, c, err)
		}
	}
	for _, name := range []string{"", "gnet/0", "gnet/x", "gnet-epoll", "server-", "nobody"} {
		if c, err := parseContender(name); err == nil {
			t.Errorf("%q is accepted as %+v", name, c)
		}
	}
}

// TestEveryone shows that the default names every program.
func TestEveryone(t *testing.T) {
	named := map[string]bool{}
	for _, k := range kinds {
		o, err := parseOptions([]string{"-cpus=none", "-load", k.name})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range programsOf(o.peers) {
			named[p.name] = true
		}
	}
	if len(named) != len(programs) {
		t.Errorf("the defaults name %d of %d programs", len(named), len(programs))
	}
}

func TestContenderArgs(t *testing.T) {
	c, err := parseContender("server-epoll/3")
	if err != nil {
		t.Fatal(err)
	}
	want := "-addr 127.0.0.1:0 -buffer 99 -loops 3 -backend epoll"
	if got := strings.Join(c.args(99), " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseScenarios(t *testing.T) {
	got, err := parseScenarios("64,1000", "64", "1, 16", "0")
	want := []scenario{{Conns: 64, Size: 64, Depth: 1}, {Conns: 1000, Size: 64, Depth: 1}, {Conns: 64, Size: 64, Depth: 16}, {Conns: 1000, Size: 64, Depth: 16}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range [][4]string{{"0", "1", "1", "0"}, {"1", "x", "1", "0"}, {"1", "1", "", "0"}, {"1", "1", "1", "-1"}} {
		if got, err := parseScenarios(bad[0], bad[1], bad[2], bad[3]); err == nil {
			t.Errorf("%q is accepted as %v", bad, got)
		}
	}
}

func TestParseSplit(t *testing.T) {
	got, err := parseSplit("0-1:4,2")
	if want := (split{[]int{0, 1}, []int{2, 4}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := parseSplit("none"); err != nil || got.server != nil || got.client != nil {
		t.Errorf("none: got %v, %v", got, err)
	}
	for _, bad := range []string{"", "0", "0:", "a:b", "3-1:0"} {
		if got, err := parseSplit(bad); err == nil {
			t.Errorf("%q is accepted as %v", bad, got)
		}
	}
}

func TestHalves(t *testing.T) {
	if got := halves([]int{0, 1, 2, 3, 4}); len(got.server) != 2 || len(got.client) != 3 {
		t.Errorf("five CPUs: got %v", got)
	}
	if got := halves([]int{5}); got.server != nil || got.client != nil {
		t.Errorf("one CPU can't be split, but is: %v", got)
	}
}

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{"-base", "port", "-only", "gnet,nbio/1", "-cpus", "0:1-3", "-size", "100", "-rounds", "2"})
	if err != nil {
		t.Fatal(err)
	}
	if o.base.name != "port" || len(o.peers) != 2 || o.threads() != 3 || o.rounds != 2 || len(o.scenarios) != 1 || o.scenarios[0].Size != 100 {
		t.Errorf("got %+v", o)
	}
	for _, bad := range []string{"-rounds=0", "-seconds=0", "-client=java", "-only=nobody", "-base=nobody", "-base=chat", "-only=nats", "-load=mail", "-depth=0", "-picture=x.svg", "-from=x -rounds=2", "-from=x -picture=x.gif", "-conns=1,2 -picture=x", "-load=idle -rate=1", "-load=idle -depth=1", "-cpus=x", "gnet"} {
		args := strings.Fields(bad)
		if !strings.HasPrefix(bad, "-from") {
			args = append([]string{"-cpus=none"}, args...)
		}
		if _, err := parseOptions(args); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}
