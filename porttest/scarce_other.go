//go:build !linux && !darwin

package porttest

import "errors"

func refuseDescriptors() (relent func(), err error) {
	return nil, errors.New("this system has no limit of descriptors that a process can set itself")
}
