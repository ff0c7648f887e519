/* What a process takes. */
#ifndef METER_H
#define METER_H

#include "start.h"
#include <stdint.h>
#include <time.h>

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t) < 0)
		fail("clock: %s", strerror(errno));
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* rss is how many bytes of memory a process occupies. */
static long rss(int pid)
{
	char path[64];
	long pages = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/statm", pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%*d %ld", &pages) != 1)
		fail("%s: %s", path, strerror(errno));
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

struct clocks {
	int64_t wall, server, own;
};

static struct clocks read_clocks(int pid)
{
	struct clocks c;
	clockid_t server;

	if ((errno = clock_getcpuclockid(pid, &server)) != 0)
		fail("CPU time of process %d: %s", pid, strerror(errno));
	c.server = clock_ns(server);
	c.own = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	c.wall = clock_ns(CLOCK_MONOTONIC);
	return c;
}

#endif
