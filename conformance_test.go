package iocp_test

import (
	"testing"

	"iocp/porttest"
)

// TestConformance holds every backend of this system to the contract.
func TestConformance(t *testing.T) { porttest.Conformance(t) }
