package driver

import "sync"

var registry struct {
	sync.Mutex
	byName map[string]Backend
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

// Lookup finds a registered backend.
func Lookup(name string) (Backend, bool) {
	registry.Lock()
	defer registry.Unlock()
	b, ok := registry.byName[name]
	return b, ok
}
