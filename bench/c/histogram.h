/* Latencies in nanoseconds, counted in the same buckets as by the clients in Go
 * (../internal/loadgen): one each for the first 128 values, and 128 for each
 * doubling after that. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum { FINE = 7, BUCKETS = (64 - FINE + 1) << FINE };

struct histogram {
	uint64_t buckets[BUCKETS], count, max;
};

static void record(struct histogram *h, int64_t ns)
{
	uint64_t v = ns > 0 ? (uint64_t)ns : 0;
	int doublings = v >> FINE ? 64 - __builtin_clzll(v) - FINE - 1 : 0;

	h->buckets[(doublings << FINE) + (int)(v >> doublings)]++;
	h->count++;
	if (v > h->max)
		h->max = v;
}

static double at(const struct histogram *h, double part)
{
	double rank = part * (double)h->count;
	uint64_t seen = 0;
	int b;

	for (b = 0; b < BUCKETS; b++) {
		seen += h->buckets[b];
		if (h->buckets[b] && (double)seen >= rank) {
			int doublings = (b >> FINE) > 1 ? (b >> FINE) - 1 : 0;
			double v = ((double)(b - (doublings << FINE)) + 0.5) * (double)(1ULL << doublings);
			return (v < (double)h->max ? v : (double)h->max) / 1e3;
		}
	}
	return 0;
}

static void merge(struct histogram *h, const struct histogram *o)
{
	int b;

	for (b = 0; b < BUCKETS; b++)
		h->buckets[b] += o->buckets[b];
	h->count += o->count;
	if (o->max > h->max)
		h->max = o->max;
}

#endif
