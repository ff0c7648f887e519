package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What Wine 8.0, Debian 12's, lacks for Go programs. Neither fix is near what
// the tests are about.

// prngSource is the function of bcryptprimitives.dll that the Go runtime gets
// its randomness from. Wine 8.0 has no such DLL, and a Go program ends at
// once without it. It does have the older RtlGenRandom, whose length is 32
// bits wide.
const prngSource = `
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size)
{
	while (size > 0) {
		ULONG part = size < 0x10000000 ? (ULONG)size : 0x10000000;
		if (!RtlGenRandom(data, part))
			return FALSE;
		data += part;
		size -= part;
	}
	return TRUE;
}
`

// buildPRNG puts a bcryptprimitives.dll into the directory, if Wine has not put
// one there itself, as later versions do.
func (s *session) buildPRNG(system32 string) error {
	dll := filepath.Join(system32, "bcryptprimitives.dll")
	if _, err := os.Stat(dll); err == nil {
		return nil
	}
	source := filepath.Join(s.scratch, "processprng.c")
	if err := os.WriteFile(source, []byte(prngSource), 0o666); err != nil {
		return err
	}
	_, err := s.run(command{timeout: time.Minute, args: []string{
		"x86_64-w64-mingw32-gcc", "-Wall", "-O2", "-shared", "-o", dll, source, "-ladvapi32"}})
	return err
}

// Wine 8.0 answers "not implemented" to the way in which os.RemoveAll deletes
// on Windows 10, where Go expects "not supported" or success. So every test
// with a t.TempDir would fail. Go has a switch, for its own tests, that makes
// it delete in the older way; the overlay turns that on.
const (
	deleteSwitch     = "\nvar TestDeleteatFallback bool\n"
	deleteSwitchedOn = "\nvar TestDeleteatFallback = true\n"
)

// writeOverlay returns the name of a file for go test's flag -overlay.
func writeOverlay(s *session) (string, error) {
	root, err := s.run(goTool(time.Minute, nil, "env", "GOROOT"))
	if err != nil {
		return "", err
	}
	original := filepath.Join(strings.TrimSpace(root), "src", "internal", "syscall", "windows", "at_windows.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	if !strings.Contains(string(source), deleteSwitch) {
		return "", fmt.Errorf("%s does not declare TestDeleteatFallback any more: is this overlay still needed?", original)
	}
	patched := filepath.Join(s.scratch, "at_windows.go")
	source = []byte(strings.Replace(string(source), deleteSwitch, deleteSwitchedOn, 1))
	if err := os.WriteFile(patched, source, 0o666); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: patched}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(s.scratch, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o666)
}
