package locks

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is where the library is, seen from here.
const root = "../.."

// Rooms whose mutexes are counted: all that a message passes.
var rooms = []string{".", "server", "internal/dispatch", "internal/driver", "internal/driver/readiness",
	"internal/driver/blocking", "internal/driver/epoll", "internal/driver/uring", "internal/sched"}

// limits is how many acquisitions an echoed message may cost at 64 connections,
// by the type that the mutex belongs to. A change that saves some lowers its
// limit. What is taken once for a batch counts a part of one for each message,
// as much as batches are small.
var limits = map[string]float64{
	"readiness.stream":  1,
	"server.Conn":       1,
	"driver.LocalQueue": 3, // of which one looks whether the packet before is still there: it is taken if so
}

// othersMost is how many others may be taken for a message, of whatever kind: once
// for a batch each. In a server that runs freely each message may be a batch of its
// own, where it runs before the client has written the next; mostly these are a
// third of one for each message.
var othersMost = map[string]float64{"free": 4, "batch": 0.5}

// byClock tries a lock when so much time has passed, whatever the messages are: on a
// slow machine that may be at each.
const byClock = "dispatch.(*Engine).lookIfDue"

// totalMost is how many may be taken for a message of a batch, all told.
const totalMost = 5

func TestLocksPerMessage(t *testing.T) {
	tool := build(t)
	for _, backend := range []string{"epoll", "uring"} {
		for _, mode := range []string{"free", "batch"} {
			t.Run(backend+"/"+mode, func(t *testing.T) {
				needs(t, backend)
				counts := measure(t, tool, backend, mode)
				t.Log(told(counts))
				total, others := 0.0, 0.0
				for owner, n := range counts {
					total += n
					limit, known := limits[owner]
					switch {
					case !known:
						others += n
					case n > limit+slack:
						t.Errorf("%s: %.2f mutexes taken for each message, not %v", owner, n, limit)
					}
				}
				if most := othersMost[mode]; others > most {
					t.Errorf("%.2f mutexes taken for each message where it was to be %v at most", others, most)
				}
				if mode == "batch" && total > totalMost {
					t.Errorf("%.2f mutexes taken for each message, more than %v", total, totalMost)
				}
			})
		}
	}
}

// slack is for what comes now and then.
const slack = 0.1

// build makes the echo server with mutexes that count.
func build(t *testing.T) (tool string) {
	t.Helper()
	dir := t.TempDir()
	overlay, err := json.Marshal(map[string]any{"Replace": counted(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	tool = filepath.Join(dir, "echo")
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("capability: %v", err)
	}
	cmd := exec.Command("go", "build", "-overlay", list, "-buildvcs=false", "-o", tool, "./echo")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return tool
}

// counted writes copies of the files with mutexes, in which they count, and
// reports which takes the place of which.
func counted(t *testing.T, dir string) map[string]string {
	t.Helper()
	place := map[string]string{}
	for _, room := range rooms {
		files, err := filepath.Glob(filepath.Join(root, room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") || !mutexes.Match(text) {
				continue
			}
			abs, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			copied := filepath.Join(dir, fmt.Sprintf("%d.go", len(place)))
			place[abs] = copied
			if err := os.WriteFile(copied, replaced(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return place
}

var (
	mutexes = regexp.MustCompile(`\bsync\.((RW)?Mutex)\b`)
	clause  = regexp.MustCompile(`(?m)^package \w+$`)
)

// replaced is a file with our mutexes in place of those of sync, which it may
// have imported for nothing else.
func replaced(text []byte) []byte {
	us := reflect.TypeFor[Mutex]().PkgPath()
	text = mutexes.ReplaceAll(text, []byte("locks.$1"))
	text = clause.ReplaceAll(text, fmt.Appendf(nil, "$0\nimport %q", us))
	return append(text, "\nvar _ sync.Locker\n"...)
}

// measure runs the server and sums what it tells by the type that has the mutex,
// or, where that is taken by no method, the function.
func measure(t *testing.T, tool, backend, mode string) map[string]float64 {
	t.Helper()
	cmd := exec.Command(tool, backend, "64", mode)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, &problem)
	}
	counts := map[string]float64{}
	for line := range strings.Lines(string(out)) {
		var n float64
		var place string
		if _, err := fmt.Sscan(line, &n, &place); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if place != byClock {
			counts[owner(place)] += n
		}
		if n > 0.005 {
			t.Logf("%5.2f %s", n, place)
		}
	}
	return counts
}

var method = regexp.MustCompile(`^(\w+)\.\(\*(\w+).*\)\.`)

// owner is the type of a method.
func owner(place string) string {
	if m := method.FindStringSubmatch(place); m != nil {
		return m[1] + "." + m[2]
	}
	return place
}

// told is the counts in words, the greatest first.
func told(counts map[string]float64) string {
	var words []string
	total := 0.0
	owners := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	for _, o := range owners {
		total += counts[o]
		words = append(words, fmt.Sprintf("%s %.2f", o, counts[o]))
	}
	return fmt.Sprintf("%.2f: %s", total, strings.Join(words, ", "))
}
