package locks

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"iocp"
)

// filesMost is in how many files of a room statements are executed for an echoed
// message, between the event that tells of it and the next. Counted are those that
// are executed once for each message or more often; what is executed once for a
// batch isn't. It only falls.
var filesMost = map[string]int{
	".":                         6,
	"server":                    7,
	"internal/dispatch":         4,
	"internal/sched":            1,
	"internal/driver":           9, // of which two do nothing but in a checked build
	"internal/driver/readiness": 7,
	"internal/driver/uring":     1,
	"internal/sys":              4,
	"internal/invariant":        1, // nothing but in a checked build
}

// TestFilesPerMessage asks the counters that go build -cover adds.
func TestFilesPerMessage(t *testing.T) {
	module := strings.TrimSuffix(reflect.TypeFor[Mutex]().PkgPath(), "/internal/locks")
	tool := filepath.Join(t.TempDir(), "echo")
	counted := []string{path.Join(module, "internal/sys/..."), path.Join(module, "internal/invariant"), path.Join(module, "internal/locks/echo")}
	for _, room := range rooms {
		counted = append(counted, path.Join(module, room))
	}
	run(t, exec.Command("go", "build", "-cover", "-covermode=atomic", "-coverpkg="+strings.Join(counted, ","), "-buildvcs=false", "-o", tool, "./echo"))
	for _, backend := range []string{"epoll", "uring"} {
		t.Run(backend, func(t *testing.T) {
			needs(t, backend)
			rooms := passed(t, tool, backend, module)
			total := 0
			for _, room := range slices.Sorted(maps.Keys(rooms)) {
				files := rooms[room]
				t.Logf("%d in %s: %s", len(files), room, strings.Join(files, " "))
				total += len(files)
				if len(files) > filesMost[room] {
					t.Errorf("a message passes %d files of %s, not %d: %q", len(files), room, filesMost[room], files)
				}
			}
			if t.Logf("%d files", total); total == 0 {
				t.Error("nothing was counted")
			}
		})
	}
}

// passed runs the server and gives the files that are executed for each message, by
// room.
func passed(t *testing.T, tool, backend, module string) map[string][]string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(tool, backend, "64", "batch")
	cmd.Env = append(os.Environ(), "GOCOVERDIR="+dir)
	run(t, cmd)
	list := filepath.Join(dir, "list")
	run(t, exec.Command("go", "tool", "covdata", "textfmt", "-i="+dir, "-o", list))
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	rooms := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		file, counts, _ := strings.Cut(line, ":")
		var lines string
		var statements, n int
		if _, err := fmt.Sscan(counts, &lines, &statements, &n); err != nil {
			continue // the mode
		}
		room := roomOf(strings.TrimPrefix(path.Dir(file), module))
		if n >= messages && room != "internal/locks/echo" && !slices.Contains(rooms[room], path.Base(file)) {
			rooms[room] = append(rooms[room], path.Base(file))
		}
	}
	return rooms
}

// messages is how many of them the server is sent while it counts, less some that
// may be handled otherwise.
const messages = 64 * 500 * 9 / 10

// roomOf is the room of a package: all bare system calls are one.
func roomOf(dir string) string {
	switch room := strings.TrimPrefix(dir, "/"); {
	case room == "":
		return "."
	case strings.HasPrefix(room, "internal/sys/"):
		return "internal/sys"
	default:
		return room
	}
}

// needs skips a test that is about a backend which this kernel hasn't.
func needs(t *testing.T, backend string) {
	t.Helper()
	if err := iocp.Probe(backend); err != nil {
		t.Skipf("capability: %v", err)
	}
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("capability: %v", err)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
}
