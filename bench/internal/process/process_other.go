//go:build !linux

package process

import (
	"errors"
	"os/exec"
	"time"
)

var errLinux = errors.New("the comparison needs Linux")

// CPU is to be had on Linux only.
func CPU(int) (time.Duration, error) { return 0, errLinux }

// RSS is to be had on Linux only.
func RSS(int) (int64, error) { return 0, errLinux }

// Busy is to be had on Linux only.
func Busy() (time.Duration, error) { return 0, errLinux }

// CPUs is to be had on Linux only.
func CPUs() ([]int, error) { return nil, errLinux }

// Start is to be had on Linux only.
func Start(*exec.Cmd, []int) error { return errLinux }
