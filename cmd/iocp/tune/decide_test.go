package tune

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// made is an entry whose throughput is about a mean, differing from the default
// in so many points. The noise of a round is the same for all, and each has
// some of its own.
func made(apart int, mean, noise float64, rounds int, seed uint64) *entry {
	common, own := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(seed, 2))
	e := &entry{setting: Setting{"uring", 4, 4, 64}}
	for i, change := range []func(*Setting){
		func(s *Setting) { s.Batch = int(seed) }, func(s *Setting) { s.Workers = int(seed) }, func(s *Setting) { s.Backend = "epoll" },
	} {
		if i < apart {
			change(&e.setting)
		}
	}
	for range rounds {
		x := mean * math.Exp(0.3*common.NormFloat64()+noise*own.NormFloat64())
		e.samples = append(e.samples, sample{throughput: x, p99: 1e6 / x, cpu: 1e5 / x})
	}
	return e
}

func TestDecide(t *testing.T) {
	for name, c := range map[string]struct {
		final    []*entry
		want     int // index of what is recommended
		resolved bool
		text     string
	}{
		"one is better by far": {
			[]*entry{made(0, 100, 0.02, 10, 10), made(1, 100, 0.02, 10, 11), made(2, 130, 0.02, 10, 12)}, 2, true, "resolved at 95 %: 1.3",
		},
		"two are, and one is simpler": {
			[]*entry{made(0, 100, 0.02, 10, 10), made(3, 131, 0.03, 10, 11), made(1, 130, 0.03, 10, 12)}, 2, true, "resolved at 95 %: 1.3",
		},
		"better within noise": {
			[]*entry{made(0, 100, 0.1, 10, 10), made(1, 101, 0.1, 10, 11), made(2, 102, 0.1, 10, 12)}, 0, false, "within noise",
		},
		"the default by far": {
			[]*entry{made(0, 100, 0.02, 10, 10), made(1, 70, 0.02, 10, 11), made(2, 80, 0.02, 10, 12)}, 0, true, "none is as good",
		},
		"too few rounds": {
			[]*entry{made(0, 100, 0.02, 1, 10), made(1, 200, 0.02, 1, 11)}, 0, false, "not enough rounds",
		},
	} {
		for _, goal := range []string{Throughput, CPU, P99} {
			best, recommended := decide(c.final, goal)
			text, resolved := verdict(c.final, best, recommended, goal)
			if recommended != c.final[c.want] || resolved != c.resolved {
				t.Errorf("%s, %s: recommended %v, resolved %v (%s)", name, goal, recommended.setting, resolved, text)
			}
			if goal == Throughput && !strings.Contains(text, c.text) {
				t.Errorf("%s: %q, want something with %q", name, text, c.text)
			}
		}
	}
}

// TestInterval holds intervals to what they promise: the truth is within all
// of them together 95 times in a hundred, or a little more often.
func TestInterval(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	const tries = 4000
	for _, among := range []int{1, 4} {
		held := 0
		for range tries {
			all := true
			for range among {
				values := make([]float64, 6)
				for i := range values {
					values[i] = 3 + random.NormFloat64()
				}
				in := interval(values, among)
				all = all && in.Low <= 3 && 3 <= in.High
			}
			if all {
				held++
			}
		}
		if share := float64(held) / tries; share < 0.935 || share > 0.97 {
			t.Errorf("%d intervals held %v of the time, want 0.95", among, share)
		}
	}
}

func TestCandidates(t *testing.T) {
	def := Setting{"uring", 4, 4, batchDefault}
	for name, c := range map[string]struct {
		axes    Axes
		blocks  bool
		n       int
		have    []Setting
		lacking []Setting
	}{
		"nothing named": {Axes{Backends: []string{"uring", "epoll"}}, false, 11,
			[]Setting{{"epoll", 1, 1, 64}, {"uring", 8, 4, 64}, {"uring", 4, 4, 1}}, []Setting{{"epoll", 4, 4, 1}}},
		"handlers that block": {Axes{Backends: []string{"uring"}}, true, 11,
			[]Setting{{"uring", 128, 4, 64}}, nil},
		"all named": {Axes{[]string{"uring", "epoll"}, []int{1, 2}, []int{1, 3}, []int{1, 64}}, false, 17,
			[]Setting{{"epoll", 2, 3, 1}}, []Setting{{"uring", 4, 4, 1}}},
	} {
		got, err := c.axes.candidates(4, c.blocks)
		if err != nil || len(got) != c.n || got[0] != def {
			t.Errorf("%s: %d settings, %v: %v", name, len(got), err, got)
		}
		has := map[Setting]bool{}
		for _, s := range got {
			if has[s] {
				t.Errorf("%s: %v twice", name, s)
			}
			has[s] = true
		}
		for _, s := range c.have {
			if !has[s] {
				t.Errorf("%s: no %v in %v", name, s, got)
			}
		}
		for _, s := range c.lacking {
			if has[s] {
				t.Errorf("%s: %v wasn't asked for", name, s)
			}
		}
	}
	if _, err := (Axes{Backends: []string{"uring"}, Workers: make([]int, 70)}).candidates(4, false); err != nil {
		t.Errorf("the same setting 70 times is one: %v", err)
	}
	many := Axes{Backends: []string{"uring"}}
	for i := range 70 {
		many.Workers = append(many.Workers, i+1)
	}
	if _, err := many.candidates(4, false); err == nil || !strings.Contains(err.Error(), "at most 64") {
		t.Errorf("error %v", err)
	}
}
