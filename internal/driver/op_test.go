package driver

import "testing"

// Each kind has a verb and says where its bytes go, or that there are none. A
// forgotten one panics where that is asked.
func TestKindsAreTold(t *testing.T) {
	for k := range kinds {
		about := kindTable[k]
		if about.verb == "" || about.flow == unsaid {
			t.Errorf("kind %d: %+v", k, about)
		}
		moves := about.flow == inward || about.flow == outward
		if panics(func() { k.Outward() }) == moves {
			t.Errorf("kind %v: whether its bytes go out can be asked: %v", k, !moves)
		}
		if panics(func() { new(Op).lendAs(k) }) {
			t.Errorf("an operation of kind %v can't be lent", k)
		}
	}
	if !panics(func() { kinds.Outward() }) {
		t.Error("there is a kind beyond the last")
	}
}

func (op *Op) lendAs(k Kind) {
	op.Kind = k
	op.Lend()
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
