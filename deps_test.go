package iocp_test

import (
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"iocp"
)

// The architecture is a set of rules on who may import whom, and they are
// checked here rather than hoped for. All files count, whatever system they
// are for.

// A source is what the rules look at. The root's go.mod is one as well: its
// imports are the modules it requires.
type source struct {
	path    string // from the root, with slashes
	imports []string
	tagged  bool // built on some systems only, or under some tag
	marked  bool // has a mark of unfinished work
	lines   int
}

func (s source) dir() string  { return path.Dir(s.path) }
func (s source) base() string { return path.Base(s.path) }
func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// in reports whether the file is in the directory or below it.
func (s source) in(dir string) bool { return strings.HasPrefix(s.path, dir+"/") }

// inRootModule leaves out the modules nested in the root.
func (s source) inRootModule() bool {
	return strings.HasSuffix(s.path, ".go") && !s.in("cmd/iocp") && !s.in("bench") && !s.in("tools")
}

// oursExcept lists the imports from this module other than the given ones and
// the file's own package, which external tests import.
func (s source) oursExcept(allowed ...string) []string {
	own := path.Join("iocp", s.dir())
	return s.importsThat(func(p string) bool {
		ours := p == "iocp" || strings.HasPrefix(p, "iocp/")
		return ours && p != own && !slices.Contains(allowed, p)
	})
}

func (s source) importsThat(bad func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(s.imports), func(p string) bool { return !bad(p) })
}

// notStd recognizes what isn't the standard library's: its import paths have
// no dot in the first element, and only "iocp" is ours.
func notStd(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return first == "iocp" || strings.Contains(first, ".")
}

// A rule finds what is wrong with a file: imports, or a word on it.
type rule struct {
	name   string
	why    string
	broken func(source) []string
}

var rules = []rule{
	{"command", "cmd/iocp shows what the public packages can do, so it has to do with those", func(s source) []string {
		if !s.in("cmd/iocp") {
			return nil
		}
		return s.importsThat(func(p string) bool { return strings.HasPrefix(p+"/", "iocp/internal/") })
	}},
	{"clients", "packages on top of a port see only package iocp, as anybody's code would (their tests may use porttest)", clientImports},
	{"mirrors", "the chapter's programs are shown in one file each, with nothing behind them but the public packages", func(s source) []string {
		if !s.in("docs/chapter/mirror") {
			return nil
		}
		allowed := []string{"iocp", "iocp/routine"}
		if s.isTest() {
			allowed = append(allowed, "iocp/docs/chapter/mirror/mirrortest")
		}
		return s.importsThat(func(p string) bool { return notStd(p) && !slices.Contains(allowed, p) })
	}},
	{"porttest", "others test their backends with porttest, so it must not bring modules along", func(s source) []string {
		if !s.in("porttest") || s.isTest() {
			return nil
		}
		return s.importsThat(func(p string) bool { return notStd(p) && p != "iocp" })
	}},
	{"root", "package iocp knows backends by the interface in internal/driver; only the lists in backend_*.go name them", rootImports},
	{"engine", "the engine, internal/dispatch, knows neither the public types nor a backend; internal/sched, which decides for it, knows nothing at all", engineImports},
	{"backends", "backends are alternatives: each can be read, changed and removed without the others", backendImports},
	{"sys", "internal/sys is bare system calls, below everything else; what counts them is below the others", func(s source) []string {
		if !s.in("internal/sys") {
			return nil
		}
		return s.oursExcept("iocp/internal/sys/calls")
	}},
	{"unsafe", "unsafe code is in files named for it (x_unsafe.go, x_unsafe_linux.go), below internal, where a reviewer looks for it", func(s source) []string {
		if s.in("internal") && unsafeName.MatchString(s.base()) {
			return nil
		}
		return s.importsThat(func(p string) bool { return p == "unsafe" })
	}},
	{"tags", "the contract is the same on every system, so in package iocp only the choice of a backend depends on it", func(s source) []string {
		allowed := []string{"backend_linux.go", "backend_windows.go", "backend_bsd.go", "backend_other.go"}
		if s.dir() != "." || !s.tagged || slices.Contains(allowed, s.base()) {
			return nil
		}
		return []string{"a build constraint"}
	}},
	{"modules", "golang.org/x/sys is all that users of this module have to trust besides it; two more are for its tests", moduleImports},
	{"check", "internal/check is what runs first on a new machine, so it needs nothing but Go; internal/mutate needs no more", func(s source) []string {
		if !s.in("internal/check") && !s.in("internal/mutate") {
			return nil
		}
		return s.importsThat(notStd)
	}},
	{"size", "a file that is longer than this has more than one purpose", func(s source) []string {
		if s.isTest() || s.lines <= 450 {
			return nil
		}
		return []string{strconv.Itoa(s.lines) + " lines"}
	}},
	{"finished", "what is left to do is said in an issue, not in a file", func(s source) []string {
		if !s.marked {
			return nil
		}
		return []string{"a mark of unfinished work"}
	}},
}

var unsafeName = regexp.MustCompile(`_unsafe(_linux|_windows|_darwin|_freebsd)?(_test)?\.go$`)

func clientImports(s source) []string {
	clients := []string{"server", "routine", "portnet", "porttest"}
	if !slices.ContainsFunc(clients, s.in) {
		return nil
	}
	if s.isTest() {
		return s.oursExcept("iocp", "iocp/porttest")
	}
	return s.oursExcept("iocp")
}

func rootImports(s source) []string {
	if s.dir() != "." || s.isTest() || s.path == "go.mod" {
		return nil
	}
	namesBackends := strings.HasPrefix(s.base(), "backend_")
	return slices.DeleteFunc(s.oursExcept("iocp/internal/driver", "iocp/internal/dispatch"), func(p string) bool {
		return namesBackends && path.Dir(p) == "iocp/internal/driver"
	})
}

func engineImports(s source) []string {
	switch s.dir() {
	case "internal/dispatch":
		return s.oursExcept("iocp/internal/driver", "iocp/internal/sched", "iocp/internal/sys/cputime")
	case "internal/sched":
		return s.oursExcept()
	}
	return nil
}

// backendImports also speaks for readiness, the engine that epoll, uring and kqueue
// share, for eventset, in which that finds what is ready, and for blocking, which
// carries out file operations: they are no backends themselves. The tests of kqueue
// are the suite, since it isn't a backend of the system that they are run on.
func backendImports(s source) []string {
	below, ok := strings.CutPrefix(s.path, "internal/driver/")
	name, _, inside := strings.Cut(below, "/")
	if !ok || !inside {
		return nil
	}
	allowed := []string{"iocp/internal/driver", "iocp/internal/driver/readiness", "iocp/internal/driver/eventset", "iocp/internal/driver/blocking", "iocp/internal/driver/" + name, "iocp/internal/invariant"}
	if s.isTest() {
		allowed = append(allowed, "iocp/internal/driver/eventset/queuetest")
	}
	if s.isTest() && name == "kqueue" {
		allowed = append(allowed, "iocp", "iocp/porttest")
	}
	rooms := map[string][]string{"winport": {"win"}, "uring": {"uring"}, "readiness": {"sock"}, "eventset": {"epoll", "kqueue", "sock"}}
	for _, room := range rooms[name] {
		allowed = append(allowed, "iocp/internal/sys/"+room)
	}
	return s.oursExcept(allowed...)
}

func moduleImports(s source) []string {
	forAll, forTests := []string{"golang.org/x/sys"}, []string{"golang.org/x/net", "pgregory.net/rapid"}
	if s.path == "go.mod" {
		all := slices.Concat(forAll, forTests)
		return s.importsThat(func(module string) bool { return !slices.Contains(all, module) })
	}
	if !s.inRootModule() {
		return nil
	}
	allowed := forAll
	if s.isTest() {
		allowed = slices.Concat(forAll, forTests)
	}
	return s.importsThat(func(p string) bool {
		first, _, _ := strings.Cut(p, "/")
		return strings.Contains(first, ".") && !slices.ContainsFunc(allowed, func(module string) bool {
			return p == module || strings.HasPrefix(p, module+"/")
		})
	})
}

// offences applies all rules to all files.
func offences(sources []source) map[string][]string {
	found := map[string][]string{}
	for _, r := range rules {
		for _, s := range sources {
			for _, what := range r.broken(s) {
				found[r.name] = append(found[r.name], s.path+": "+what)
			}
		}
	}
	return found
}

func TestArchitecture(t *testing.T) {
	sources := readSources(t)
	if len(sources) < 2 {
		t.Fatalf("found only %v: is this the root?", sources)
	}
	found := offences(sources)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, offence := range found[r.name] {
				t.Errorf("%s\n\tbreaks the rule %s: %s", offence, r.name, r.why)
			}
		})
	}
}

// TestArchitectureRules shows that each rule can fail, and does not when it
// should not. A bad example breaks no other rule than the one it is for.
func TestArchitectureRules(t *testing.T) {
	bad := map[string][]source{
		"command": {
			{path: "cmd/iocp/echo.go", imports: []string{"iocp/internal/driver"}},
			{path: "cmd/iocp/sub/echo_test.go", imports: []string{"iocp/internal/sched"}},
		},
		"clients": {
			{path: "server/server.go", imports: []string{"iocp", "iocp/internal/driver"}},
			{path: "server/conn.go", imports: []string{"iocp/routine"}},
			{path: "routine/routine.go", imports: []string{"iocp/porttest"}},
			{path: "server/conn_test.go", imports: []string{"iocp/routine"}},
			{path: "portnet/conn.go", imports: []string{"iocp", "iocp/server"}},
			{path: "porttest/conformance_test.go", imports: []string{"iocp/internal/driver/sim"}},
		},
		"mirrors": {
			{path: "docs/chapter/mirror/chat/main.go", imports: []string{"iocp/server"}},
			{path: "docs/chapter/mirror/chat/main.go", imports: []string{"iocp/docs/chapter/mirror/mirrortest"}},
			{path: "docs/chapter/mirror/chat/main.go", imports: []string{"golang.org/x/sys/unix"}},
		},
		"porttest": {
			{path: "porttest/net.go", imports: []string{"golang.org/x/sys/unix"}},
		},
		"root": {
			{path: "port.go", imports: []string{"iocp/internal/driver/epoll"}},
			{path: "port.go", imports: []string{"iocp/internal/sys/win"}},
			{path: "worker.go", imports: []string{"iocp/internal/sched"}},
			{path: "backend_linux.go", imports: []string{"iocp/internal/sys/uring"}},
		},
		"engine": {
			{path: "internal/dispatch/engine.go", imports: []string{"iocp"}},
			{path: "internal/dispatch/queue_test.go", imports: []string{"iocp/internal/driver/sim"}},
			{path: "internal/sched/sched.go", imports: []string{"iocp/internal/driver"}},
		},
		"backends": {
			{path: "internal/driver/uring/ring.go", imports: []string{"iocp/internal/driver/epoll"}},
			{path: "internal/driver/sim/port.go", imports: []string{"iocp/internal/dispatch"}},
			{path: "internal/driver/uring/ring.go", imports: []string{"iocp/internal/sys/epoll"}},
			{path: "internal/driver/readiness/set.go", imports: []string{"iocp/internal/sys/epoll"}},
			{path: "internal/driver/kqueue/kqueue.go", imports: []string{"iocp/internal/driver/eventset/queuetest"}},
			{path: "internal/driver/winport/port.go", imports: []string{"iocp"}},
			{path: "internal/driver/readiness/engine.go", imports: []string{"iocp/internal/driver/uring"}},
			{path: "internal/driver/portable/portable.go", imports: []string{"iocp/internal/sys/win"}},
			{path: "internal/driver/uring/ring/ring.go", imports: []string{"iocp/internal/driver/epoll"}},
			{path: "internal/driver/sim/sim_test.go", imports: []string{"iocp/internal/driver/portable"}},
		},
		"sys": {
			{path: "internal/sys/win/afd.go", imports: []string{"iocp/internal/driver"}},
			{path: "internal/sys/uring/ring.go", imports: []string{"iocp/internal/sys/epoll"}},
			{path: "internal/sys/calls/calls.go", imports: []string{"iocp/internal/sys/sock"}},
		},
		"unsafe": {
			{path: "internal/sys/win/afd.go", imports: []string{"unsafe"}},
			{path: "internal/sys/win/unsafely.go", imports: []string{"unsafe"}},
			{path: "port_unsafe.go", imports: []string{"unsafe"}},
			{path: "cmd/iocp/x_unsafe.go", imports: []string{"unsafe"}},
		},
		"tags": {
			{path: "port.go", tagged: true},
			{path: "backend_darwin.go", tagged: true},
			{path: "port_linux_test.go", tagged: true},
		},
		"modules": {
			{path: "go.mod", imports: []string{"golang.org/x/sys", "example.com/log"}},
			{path: "port.go", imports: []string{"golang.org/x/net/nettest"}},
			{path: "internal/sched/sched_test.go", imports: []string{"example.com/assert"}},
		},
		"check": {
			{path: "internal/check/main.go", imports: []string{"golang.org/x/sys/unix"}},
			{path: "internal/check/main.go", imports: []string{"iocp"}},
			{path: "internal/mutate/main.go", imports: []string{"iocp/internal/sched"}},
		},
		"finished": {
			{path: "port.go", marked: true},
		},
		"size": {
			{path: "internal/dispatch/engine.go", lines: 451},
		},
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if len(bad[r.name]) == 0 {
				t.Error("no example shows that this rule can fail")
			}
			for _, s := range bad[r.name] {
				if found := offences([]source{s}); len(found) != 1 || len(found[r.name]) != 1 {
					t.Errorf("%+v: found %v, want one offence against this rule", s, found)
				}
			}
		})
	}
	good := []source{
		{path: "go.mod", imports: []string{"golang.org/x/sys", "golang.org/x/net", "pgregory.net/rapid"}},
		{path: "port.go", imports: []string{"sync", "iocp/internal/dispatch", "iocp/internal/driver"}},
		{path: "internal/dispatch/wait.go", imports: []string{"os", "iocp/internal/driver", "iocp/internal/sched"}},
		{path: "port_test.go", imports: []string{"iocp", "iocp/porttest", "iocp/internal/driver/sim", "pgregory.net/rapid"}},
		{path: "backend_linux.go", imports: []string{"iocp/internal/driver", "iocp/internal/driver/uring"}, tagged: true},
		{path: "cmd/iocp/main.go", imports: []string{"iocp", "iocp/server", "iocp/cmd/iocp/internal/chart", "example.com/term"}},
		{path: "server/server_test.go", imports: []string{"iocp", "iocp/server", "iocp/porttest", "golang.org/x/net/nettest"}},
		{path: "porttest/porttest.go", imports: []string{"testing", "iocp"}},
		{path: "internal/driver/uring/ring_linux.go", imports: []string{"iocp/internal/driver", "iocp/internal/driver/readiness", "iocp/internal/invariant", "iocp/internal/sys/uring"}, tagged: true},
		{path: "internal/driver/readiness/engine.go", imports: []string{"iocp/internal/driver/eventset", "iocp/internal/sys/sock", "golang.org/x/sys/unix"}},
		{path: "internal/driver/eventset/epoll_linux.go", imports: []string{"iocp/internal/sys/epoll", "golang.org/x/sys/unix"}, tagged: true},
		{path: "internal/driver/kqueue/conformance_linux_test.go", imports: []string{"iocp", "iocp/porttest", "iocp/internal/driver/eventset/queuetest"}, tagged: true},
		{path: "internal/sys/sock/transfer_unsafe_linux.go", imports: []string{"unsafe", "iocp/internal/sys/calls"}, tagged: true},
		{path: "internal/sys/win/afd_unsafe_windows.go", imports: []string{"unsafe", "golang.org/x/sys/windows"}, tagged: true},
		{path: "internal/sys/uring/ring_unsafe_test.go", imports: []string{"unsafe", "iocp/internal/sys/uring"}},
		{path: "docs/chapter/mirror/chat/main.go", imports: []string{"fmt", "iocp", "iocp/routine"}},
		{path: "docs/chapter/mirror/chat/main_test.go", imports: []string{"iocp", "iocp/docs/chapter/mirror/mirrortest"}},
		{path: "tools/tools.go", imports: []string{"honnef.co/go/tools/cmd/staticcheck"}, tagged: true},
	}
	if found := offences(good); len(found) > 0 {
		t.Errorf("good examples found bad: %v", found)
	}
}

// TestRoomsExist holds the rooms that CONTRIBUTING.md's table names to the tree, and
// the tree to the table.
func TestRoomsExist(t *testing.T) {
	table := readText(t, "CONTRIBUTING.md")
	_, table, _ = strings.Cut(table, "## The house")
	table, _, _ = strings.Cut(table, "\n## ")
	named := regexp.MustCompile(`(?m)^\| ([a-z/]+)(?:/NAME)? \|`).FindAllStringSubmatch(table, -1)
	var rooms []string
	for _, m := range named {
		if m[1] == "room" {
			continue
		}
		rooms = append(rooms, m[1])
		if info, err := os.Stat(m[1]); err != nil || !info.IsDir() {
			t.Errorf("CONTRIBUTING.md has a room %s, and there is none", m[1])
		}
	}
	for _, pattern := range []string{"*", "internal/*", "internal/driver/*"} {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range dirs {
			code, _ := filepath.Glob(dir + "/*.go")
			backend := path.Dir(filepath.ToSlash(dir)) == "internal/driver" && slices.Contains(rooms, "internal/driver")
			if len(code) > 0 && !backend && !slices.Contains(rooms, filepath.ToSlash(dir)) {
				t.Errorf("CONTRIBUTING.md's table has no row for %s", dir)
			}
		}
	}
}

// readSources reads the tree below the root, which is where this test runs.
func readSources(t *testing.T) []source {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sources := []source{{path: "go.mod", imports: requiredModules(string(mod))}}
	err = filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), "_") || strings.HasPrefix(d.Name(), ".") && name != "."
		if d.IsDir() && (hidden || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || hidden || filepath.Ext(name) != ".go" {
			return nil
		}
		sources = append(sources, readSource(t, name))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// self is the module's path, which a fork may have changed. The rules speak of
// "iocp".
var self = reflect.TypeFor[iocp.Port]().PkgPath()

func readSource(t *testing.T, name string) source {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	s := source{path: filepath.ToSlash(name), tagged: nameIsTagged(t, name), marked: hasMark(string(text)), lines: strings.Count(string(text), "\n")}
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if p == self || strings.HasPrefix(p, self+"/") {
			p = "iocp" + p[len(self):]
		}
		s.imports = append(s.imports, p)
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			s.tagged = s.tagged || c.Pos() < file.Package && constraint.IsGoBuild(c.Text)
		}
	}
	return s
}

// nameIsTagged reports whether the name alone, like x_linux.go, restricts the
// systems. Package go/build knows all of those, so it is asked about one that
// does not exist.
func nameIsTagged(t *testing.T, name string) bool {
	nowhere := build.Context{GOOS: "nowhere", GOARCH: "none", Compiler: "gc",
		OpenFile: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("package p\n")), nil }}
	everywhere, err := nowhere.MatchFile(filepath.Split(name))
	if err != nil {
		t.Fatal(err)
	}
	return !everywhere
}

// hasMark looks for the usual marks, which are spelled here so that this file
// has none itself.
func hasMark(text string) bool {
	return strings.Contains(text, "TO"+"DO") || strings.Contains(text, "FIX"+"ME")
}

// requiredModules reads go.mod's lines "require m v" and those of its
// require blocks.
func requiredModules(mod string) []string {
	var modules []string
	inBlock := false
	for line := range strings.Lines(mod) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "require" && len(f) > 1 && f[1] == "(":
			inBlock = true
		case f[0] == "require" && len(f) > 2:
			modules = append(modules, f[1])
		case f[0] == ")":
			inBlock = false
		case inBlock && !strings.HasPrefix(f[0], "//"):
			modules = append(modules, f[0])
		}
	}
	return modules
}

// TestArchitectureFacts shows that the facts are read, without which every
// rule would hold.
func TestArchitectureFacts(t *testing.T) {
	mod := "module m\n\nrequire a.com/a v1.0.0 // indirect\nrequire (\n\t// why\n\tb.com/b v1.0.0\n)\nreplace c.com/c => ./c\n"
	if got, want := requiredModules(mod), []string{"a.com/a", "b.com/b"}; !slices.Equal(got, want) {
		t.Errorf("required modules: got %v, want %v", got, want)
	}
	tests := []struct {
		name, text     string
		tagged, marked bool
	}{
		{"x.go", "package x\nimport \"os\"\n", false, false},
		{"x_unsafe.go", "// Package x.\npackage x\nimport (\n\t_ \"os\"\n)\n", false, false},
		{"x_linux.go", "package x\nimport \"os\"\n", true, false},
		{"x_arm64_test.go", "package x\nimport \"os\"\n", true, false},
		{"y.go", "// Copyright\n\n//go:build !windows\n\npackage x\nimport \"os\"\n", true, false},
		{"z.go", "package x\nimport \"os\"\n//go:build linux\n// TO" + "DO\n", false, true},
	}
	dir := t.TempDir()
	for _, tt := range tests {
		name := filepath.Join(dir, tt.name)
		if err := os.WriteFile(name, []byte(tt.text), 0o666); err != nil {
			t.Fatal(err)
		}
		s := readSource(t, name)
		if s.tagged != tt.tagged || s.marked != tt.marked || !slices.Equal(s.imports, []string{"os"}) {
			t.Errorf("%s: got %+v", tt.name, s)
		}
	}
}

// TestChangesNameFiles holds the files that CONTRIBUTING.md says a change goes to: they
// exist, from the root or from the room that the same line names before them.
func TestChangesNameFiles(t *testing.T) {
	_, table, ok := strings.Cut(readText(t, "CONTRIBUTING.md"), "\n## Where a change goes\n")
	if !ok {
		t.Fatal("CONTRIBUTING.md has no section for it")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	name := regexp.MustCompile(`[a-z_/]+(/[a-z_]+|\.(go|txt|mod))`)
	found := 0
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		room := "."
		for _, file := range name.FindAllString(line, -1) {
			if info, err := os.Stat(file); err == nil {
				if room = file; !info.IsDir() {
					room = path.Dir(file)
				}
			} else if _, err := os.Stat(filepath.Join(room, file)); err != nil {
				t.Errorf("CONTRIBUTING.md names %s, which isn't there: %s", file, line)
			}
			found++
		}
	}
	if found < 20 {
		t.Errorf("only %d files are named", found)
	}
}
