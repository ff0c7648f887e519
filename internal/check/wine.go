package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

var wineNeeds = append([]string{"wine", "wine64", "gcc-mingw-w64-x86-64"}, compiler...)

// A wine is a Windows directory tree of our own, and what runs programs in it.
type wine struct {
	loader  string
	version string // "Wine 8.0"
	prefix  string
	env     []string
}

// underWine runs tests as Windows programs: all that could find something. Wine is not Windows: a pass
// here is evidence about our code, not about the system, so everything printed
// says which it was.
func underWine(s *session) (string, error) {
	if runtime.GOOS == "windows" {
		return "this is Windows: the race step has run these tests", nil
	}
	w, err := s.newWine()
	if err != nil {
		return "", err
	}
	defer w.close(s)
	overlay, err := writeOverlay(s)
	if err != nil {
		return "", err
	}
	backends := requiredOn("windows")
	env := append(w.env, "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0", requireEnv(backends))
	label := w.version + ", not Windows"
	packages, err := s.less(env, nativeOnly)
	if err != nil {
		return "", err
	}
	// One binary at a time: the tests have deadlines, and a wineserver is a
	// single thread that all the programs of a prefix wait for; so the storms are
	// short ones. Vet has been over the same files.
	log, err := s.goTest("wine", label, env, packages,
		"-exec="+w.loader, "-overlay="+overlay, "-p=1", "-short", "-vet=off", "-skip="+nativeTests, packageTimeout)
	s.groups = append(s.groups, clauseGroup{goos: "windows", wine: w.version, required: backends, verdicts: log.clauses})
	note, likeWindows := s.windowsish(env, w.loader, overlay)
	return fmt.Sprintf("%s (%s); %s", log.tally, label, note), errors.Join(err, likeWindows)
}

// nativeOnly are packages that are the same on Windows, down to the files that they
// are built of, and have done with it when they pass here: arithmetic without a
// system call, and tools for whoever develops.
var nativeOnly = []string{
	"internal/sched",     // a state machine and its simulator, half a minute of CPU time
	"internal/invariant", // what checked builds remember
	"internal/mutate",    // starts go, which Wine hasn't
}

// nativeTests are tests that take Wine long and ask Windows for nothing that others
// don't: seeds of the simulated network, of which TestConformance has one; a program
// that sends away who doesn't read, once a minute of messages has filled the
// buffers; what documents and imports say; and one that starts go, which Wine hasn't.
const nativeTests = "^(TestSimSeeds|TestStuckReader|TestLess|TestArchitecture|TestPrivateWordsStayAway|TestGlossaryIsUsed)$"

// habits are what Windows does and Wine doesn't, by the names that the build tag
// windowsish knows them by: see winport. They are of different operations, the one of
// receives, the other of connects, so that none hides another.
const habits = "cancels,refusals"

// windowsish runs winport's clauses on a Wine that has all of Windows' habits, with
// all workers that wait in the kernel, as under a load that needs them. It counts no
// clauses.
func (s *session) windowsish(env []string, loader, overlay string) (string, error) {
	log, err := s.goTest("wine-"+habits, "Wine with Windows' "+habits, append(env, "IOCP_WINDOWSISH="+habits, "IOCP_DISABLE=restraint"), []string{"."},
		"-tags=windowsish", "-vet=off", "-exec="+loader, "-overlay="+overlay, packageTimeout, "-run=^TestConformance$/^winport$", "-skip="+newestFirst)
	return fmt.Sprintf("with Windows' %s: %s", habits, log.tally), err
}

// newWine makes a prefix that Go programs run in.
func (s *session) newWine() (*wine, error) {
	loader, err := wineLoader()
	if err != nil {
		return nil, err
	}
	version, err := s.run(command{timeout: time.Minute, args: []string{loader, "--version"}})
	if err != nil {
		return nil, err
	}
	w := &wine{loader: loader, version: wineVersion(version), prefix: filepath.Join(s.scratch, "wine")}
	// The overrides keep wineboot from asking for .NET and a browser engine,
	// and from adding Wine to the desktop's menus. Debian's wineserver leaves a
	// directory behind in TMPDIR, so it gets one that we remove.
	w.env = []string{
		"WINEPREFIX=" + w.prefix,
		"TMPDIR=" + s.scratch,
		"WINEARCH=win64",
		"WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=",
	}
	if _, err := s.run(w.command(loader, "wineboot", "-i")); err != nil {
		w.close(s)
		return nil, err
	}
	if err := s.buildPRNG(filepath.Join(w.prefix, "drive_c", "windows", "system32")); err != nil {
		w.close(s)
		return nil, err
	}
	return w, nil
}

func (w *wine) command(args ...string) command {
	return command{env: w.env, timeout: 3 * time.Minute, args: args}
}

// close ends all that still runs in the prefix and waits until it has ended,
// so that the directory can be removed. An interrupted session does this too.
func (w *wine) close(s *session) {
	cleanup := &session{ctx: context.WithoutCancel(s.ctx)}
	cleanup.run(w.command("wineserver", "-k"))
	cleanup.run(w.command("wineserver", "-w"))
}

// wineLoader finds the loader of 64-bit programs, which Debian keeps off PATH.
// Its script called wine would prefer a 32-bit loader where there is one.
func wineLoader() (string, error) {
	if path, err := exec.LookPath("wine64"); err == nil {
		return path, nil
	}
	const debian = "/usr/lib/wine/wine64"
	if _, err := os.Stat(debian); err == nil {
		return debian, nil
	}
	path, err := exec.LookPath("wine")
	return path, err
}

// wineVersion makes "Wine 8.0" of "wine-8.0 (Debian 8.0~repack-4)".
func wineVersion(printed string) string {
	fields := strings.Fields(printed)
	if len(fields) == 0 {
		return "Wine of unknown version"
	}
	return "Wine " + strings.TrimPrefix(fields[0], "wine-")
}
