package main

import "slices"

// base stands for our server in a schedule; peers are numbered from 0.
const base = -1

// schedule orders the runs of one round. Our server runs between two peers and
// is compared with both, so each pair is adjacent in time while our server
// takes half as many runs as there are peers. The order turns round with each
// round, so that what changes slowly on the machine favours nobody.
func schedule(round, peers int) []int {
	var order []int
	for i := 0; i < peers; i += 2 {
		order = append(order, i, base)
		if i+1 < peers {
			order = append(order, i+1)
		}
	}
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// peersIn is how many peers a round of so many runs has.
func peersIn(runs int) int { return runs * 2 / 3 }

// pairs gives for each peer in an order where its run and the run of our
// server next to it are.
func pairs(order []int) map[int][2]int {
	found := map[int][2]int{}
	for i, peer := range order {
		switch {
		case peer == base:
		case i+1 < len(order) && order[i+1] == base:
			found[peer] = [2]int{i, i + 1}
		default:
			found[peer] = [2]int{i, i - 1}
		}
	}
	return found
}
