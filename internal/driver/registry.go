package driver

import (
	"strings"
	"sync"
)

var registry struct {
	sync.Mutex
	byName map[string]Backend
}

// Family is a backend that comes in variants: those of sim are named sim:7.
type Family interface {
	Backend

	// Variant gives the backend of a variant, whose Open refuses one that
	// there isn't.
	Variant(variant string) Backend
}

// Register makes a backend reachable by name, for those that no platform
// chooses by itself (the simulator). Later registrations of a name win.
func Register(b Backend) {
	registry.Lock()
	defer registry.Unlock()
	if registry.byName == nil {
		registry.byName = make(map[string]Backend)
	}
	registry.byName[b.Name()] = b
}

// Lookup finds a registered backend, or for a name like sim:7 a variant of it.
func Lookup(name string) (Backend, bool) {
	registry.Lock()
	defer registry.Unlock()
	if b, ok := registry.byName[name]; ok {
		return b, true
	}
	name, variant, _ := strings.Cut(name, ":")
	family, ok := registry.byName[name].(Family)
	if !ok || variant == "" {
		return nil, false
	}
	return family.Variant(variant), true
}
