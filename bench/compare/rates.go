package main

import (
	"context"
	"fmt"
	"math"
)

// full is the load, in percent, at which no rate is set: the next message goes
// out when one has come back.
const full = 100

// withPercents has every scenario at every part of full load. What rate that
// is, findRates finds.
func withPercents(scenarios []scenario, list string) ([]scenario, error) {
	percents, err := numbers(list, 0)
	if err != nil {
		return nil, err
	}
	var all []scenario
	for _, p := range percents {
		if p == 0 || p > full {
			return nil, fmt.Errorf("-load-percent %g: let it be more than 0 and at most 100", p)
		}
		for _, s := range scenarios {
			if p < full {
				s.Percent = p
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// findRates turns parts of full load into rates, by one run of our server as
// fast as it goes for each load that differs in more than its part.
func (s *session) findRates(ctx context.Context) error {
	found := map[scenario]float64{}
	for i := range s.opts.scenarios {
		sc := &s.opts.scenarios[i]
		if sc.Percent == 0 {
			continue
		}
		whole := *sc
		whole.Percent = 0
		if found[whole] == 0 {
			var r run
			if err := s.runOnce(ctx, s.opts.base, whole, &r); err != nil {
				return fmt.Errorf("what %s can do at most, with %v: %w", s.opts.base.name, whole, err)
			}
			found[whole] = r.Figures.Throughput()
			s.printf("%v: %s does %.0f a second, which is full load\n", whole, s.opts.base.name, found[whole])
		}
		sc.Rate = max(math.Round(found[whole]*sc.Percent/full), 1)
	}
	return nil
}
