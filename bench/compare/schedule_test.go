package main

import "testing"

// TestSchedule shows that a round has each peer once, next to our server, and
// that the order of each pair alternates.
func TestSchedule(t *testing.T) {
	for peers := range 6 {
		before := map[int]bool{}
		for round := range 4 {
			order := schedule(round, peers)
			if ours := len(order) - peers; ours != (peers+1)/2 {
				t.Fatalf("%d peers, round %d: %v has %d runs of ours", peers, round, order, ours)
			}
			if got := peersIn(len(order)); got != peers {
				t.Fatalf("%d runs: got %d peers, want %d", len(order), got, peers)
			}
			found := pairs(order)
			if len(found) != peers {
				t.Fatalf("%d peers, round %d: %v has pairs %v", peers, round, order, found)
			}
			for peer, at := range found {
				if order[at[0]] != peer || order[at[1]] != base || (at[0]-at[1])*(at[0]-at[1]) != 1 {
					t.Errorf("%d peers, round %d: %v has no pair at %v for peer %d", peers, round, order, at, peer)
				}
				first := at[0] < at[1]
				if round > 0 && first == before[peer] {
					t.Errorf("%d peers: peer %d runs on the same side of ours in rounds %d and %d", peers, peer, round-1, round)
				}
				before[peer] = first
			}
		}
	}
}
