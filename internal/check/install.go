package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// packagesFor lists what the steps need, each package once.
func packagesFor(steps []step) []string {
	var all []string
	for _, st := range steps {
		all = append(all, st.needs...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// installPackages installs the Debian packages that are missing. A developer
// who is not root is told what to install; on another system than Debian the
// steps have to speak for themselves.
func installPackages(s *session, want []string) (string, error) {
	if _, err := exec.LookPath("dpkg-query"); err != nil {
		return "not a Debian system, so nothing was looked for", nil
	}
	missing := s.missing(want)
	if len(missing) == 0 {
		return fmt.Sprintf("nothing missing of %d packages", len(want)), nil
	}
	names := strings.Join(missing, " ")
	install := []string{"apt-get", "install", "-y", "-q", "--no-install-recommends"}
	if os.Geteuid() != 0 {
		return "", fmt.Errorf("missing packages; as root: %s %s", strings.Join(install, " "), names)
	}
	// Another apt at work is waited for: a fresh machine may run one at boot.
	env := []string{"DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"}
	lock := []string{"-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"}
	update := append([]string{"apt-get", "update", "-q"}, lock...)
	for _, args := range [][]string{update, slices.Concat(install, lock, missing)} {
		if _, err := s.run(command{env: env, timeout: 10 * time.Minute, args: args}); err != nil {
			return "", err
		}
	}
	return "installed " + names, nil
}

// missing keeps the packages that dpkg does not call installed.
func (s *session) missing(want []string) []string {
	var missing []string
	for _, name := range want {
		query := []string{"dpkg-query", "-W", "-f", "${db:Status-Status}", name}
		status, err := s.run(command{timeout: time.Minute, args: query})
		if err != nil || status != "installed" {
			missing = append(missing, name)
		}
	}
	return missing
}
