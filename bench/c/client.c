/* The client of the comparison in C: see ../client for the same in Go, which
 * is told what this one is and prints what this one prints. It puts load on an
 * echo server, checks every byte that comes back, and prints one JSON object. */
#include "histogram.h"
#include "meter.h"
#include "start.h"
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

enum {
	BLOCK = 4093, /* a prime, so that no message size divides it */
	CHUNK = 256 << 10,
	EVENTS = 256,
	AT_ONCE = 32,
	PATIENCE = 10,
	TICK_MIN = 50000,
};

static struct {
	const char *addr;
	int conns, size, depth, threads, pid;
	double rate, warmup, seconds;
} cfg = {"", 64, 64, 1, 1, 0, 0, 0.5, 5};

/* Every connection sends the same endless stream, begun at another place. */
static unsigned char pattern[BLOCK + CHUNK];

struct conn {
	int fd, id, blocked;
	uint64_t want, sent, received, next; /* positions in the stream */
	int64_t *starts;		     /* of the messages on their way: a ring */
	unsigned first, count, cap;
};

struct loop {
	int index, epoll, timer, conns;
	struct conn **conn;
	unsigned char *buf;
	size_t buf_size;
	int64_t turn;
	struct histogram latency;
	pthread_t thread;
};

static struct loop *loops;
static int64_t begin;

/* The window is between the two times at which the main thread has read the
 * CPU clocks, however late it was for that; nanoseconds since begin. */
static _Atomic int64_t from = INT64_MAX, to = INT64_MAX;

static int64_t now(void) { return clock_ns(CLOCK_MONOTONIC) - begin; }

static const unsigned char *piece(const struct conn *c, uint64_t position)
{
	return pattern + (position + (uint64_t)c->id * 37) % BLOCK;
}

/* admit adds a message to what a connection has to send. */
static void admit(struct conn *c, int64_t start)
{
	if (c->count == c->cap) {
		unsigned i, cap = c->cap ? 2 * c->cap : 1;
		int64_t *grown = malloc(cap * sizeof *grown);
		if (!grown)
			fail("out of memory");
		for (i = 0; i < c->count; i++)
			grown[i] = c->starts[(c->first + i) % c->cap];
		free(c->starts);
		c->starts = grown;
		c->first = 0;
		c->cap = cap;
	}
	c->starts[(c->first + c->count++) % c->cap] = start;
	c->want += (uint64_t)cfg.size;
}

/* pump sends what there is to be sent, as far as there is room. */
static void pump(struct loop *l, struct conn *c)
{
	struct epoll_event ev = {.data.ptr = c};
	int full = 0;

	while (c->sent < c->want && !full) {
		size_t len = c->want - c->sent < CHUNK ? c->want - c->sent : CHUNK;
		ssize_t n = write(c->fd, piece(c, c->sent), len);
		if (n < 0 && errno != EAGAIN)
			fail("connection %d: write: %s", c->id, strerror(errno));
		c->sent += n > 0 ? (uint64_t)n : 0;
		full = n < (ssize_t)len;
	}
	if (full == c->blocked)
		return;
	c->blocked = full;
	ev.events = full ? EPOLLIN | EPOLLOUT : EPOLLIN;
	epoll_ctl(l->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

/* check receives and compares. The first message is waited for. */
static void check(struct conn *c, unsigned char *buf, size_t size)
{
	ssize_t n = read(c->fd, buf, size);

	if (n < 0 && errno == EAGAIN && c->next)
		return;
	if (n < 0 && errno == EAGAIN)
		fail("connection %d: nothing came within %d s", c->id, PATIENCE);
	if (n <= 0)
		fail("connection %d: read: %s", c->id, n ? strerror(errno) : "end of stream");
	if (c->received + (uint64_t)n > c->sent || memcmp(buf, piece(c, c->received), (size_t)n))
		fail("connection %d: what came back isn't what was sent", c->id);
	c->received += (uint64_t)n;
}

static void answered(struct loop *l, struct conn *c)
{
	int64_t t;

	if (c->received < c->next)
		return;
	for (t = now(); c->received >= c->next; c->next += (uint64_t)cfg.size) {
		int64_t start = c->starts[c->first];
		c->first = (c->first + 1) % c->cap;
		c->count--;
		if (t >= from && t < to)
			record(&l->latency, t - start);
		if (cfg.rate == 0)
			admit(c, t);
	}
}

/* due is when the loop's n-th message is due. The loops take turns. */
static int64_t due(const struct loop *l, int64_t n)
{
	return (int64_t)((double)(n * cfg.threads + l->index) / cfg.rate * 1e9);
}

static void send_due(struct loop *l)
{
	uint64_t expirations;
	int64_t t, until = now(); /* and not what comes due meanwhile: there is receiving to do */

	if (read(l->timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN)
		fail("timerfd: %s", strerror(errno));
	for (t = due(l, l->turn); t <= until; t = due(l, l->turn)) {
		struct conn *c = l->conn[l->turn++ % l->conns];
		admit(c, t);
		pump(l, c);
	}
}

/* start_timer makes a timer, which among the events has no connection. */
static void start_timer(struct loop *l)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
	int64_t tick = due(l, 1) - due(l, 0);
	struct itimerspec every;

	if (tick < TICK_MIN)
		tick = TICK_MIN;
	every.it_value.tv_sec = every.it_interval.tv_sec = tick / 1000000000;
	every.it_value.tv_nsec = every.it_interval.tv_nsec = tick % 1000000000;
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->timer < 0 || timerfd_settime(l->timer, 0, &every, NULL) < 0 ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->timer, &ev) < 0)
		fail("timerfd: %s", strerror(errno));
}

static void start(struct loop *l)
{
	int i, k;

	if (cfg.rate > 0) {
		start_timer(l);
		return;
	}
	for (i = 0; i < l->conns; i++) {
		for (k = 0; k < cfg.depth; k++)
			admit(l->conn[i], now());
		pump(l, l->conn[i]);
	}
}

static void handle(struct loop *l, const struct epoll_event *ev)
{
	struct conn *c = ev->data.ptr;

	if (!c) {
		send_due(l);
		return;
	}
	if (ev->events & ~(unsigned)EPOLLOUT) {
		check(c, l->buf, l->buf_size);
		answered(l, c);
	}
	pump(l, c);
}

static void *run(void *arg)
{
	struct loop *l = arg;
	struct epoll_event events[EVENTS];

	start(l);
	while (now() < to) {
		int i, n = epoll_wait(l->epoll, events, EVENTS, 100);
		for (i = 0; i < n; i++)
			handle(l, &events[i]);
	}
	return NULL;
}

static void make_loop(struct loop *l, int index)
{
	size_t size = (size_t)cfg.size * (size_t)cfg.depth;

	l->index = index;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->conn = calloc((size_t)cfg.conns, sizeof *l->conn);
	l->buf_size = size < 64 << 10 ? 64 << 10 : size > CHUNK ? CHUNK : size;
	l->buf = malloc(l->buf_size);
	if (l->epoll < 0 || !l->conn || !l->buf)
		fail("a loop can't be made: %s", strerror(errno));
}

static struct conn *dial(const struct sockaddr_in *addr, int id)
{
	struct timeval patience = {.tv_sec = PATIENCE};
	struct linger reset = {.l_onoff = 1}; /* leaves nothing behind in TIME_WAIT */
	struct conn *c = calloc(1, sizeof *c);
	int on = 1;

	if (!c || (c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		fail("connection %d: %s", id, strerror(errno));
	c->id = id;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	if (connect(c->fd, (const struct sockaddr *)addr, sizeof *addr) < 0)
		fail("connection %d: %s", id, strerror(errno));
	return c;
}

/* probe has one message echoed, on a socket that still blocks. */
static void probe(struct conn *c)
{
	static unsigned char buf[32 << 10];

	for (c->want = (uint64_t)cfg.size; c->received < c->want;) {
		if (c->sent < c->want) {
			size_t len = c->want - c->sent < sizeof buf ? c->want - c->sent : sizeof buf;
			ssize_t n = write(c->fd, piece(c, c->sent), len);
			if (n < 0)
				fail("connection %d: write: %s", c->id, strerror(errno));
			c->sent += (uint64_t)n;
		}
		check(c, buf, sizeof buf);
	}
	c->next = c->want + (uint64_t)cfg.size;
	fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK);
}

static void adopt(struct loop *l, struct conn *c)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

	l->conn[l->conns++] = c;
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev) < 0)
		fail("epoll_ctl: %s", strerror(errno));
}

/* Connections are dealt out evenly, but not in turn, as servers with several
 * loops deal them out: then each loop would talk with one thread only, which no
 * server can count on whose clients are machines of their own. */
static int thread_of(int id)
{
	unsigned hand = (unsigned)(id / cfg.threads) * 2654435761u;
	return (id + (int)(hand >> 16)) % cfg.threads;
}

/* connect_all waits for the first echo of a few connections at a time, since a
 * short backlog costs a second each time it overflows. */
static void connect_all(const struct sockaddr_in *addr)
{
	struct conn *some[AT_ONCE];
	int id = 0;

	while (id < cfg.conns) {
		int i, n = 0;
		while (n < AT_ONCE && id < cfg.conns)
			some[n++] = dial(addr, id++);
		for (i = 0; i < n; i++) {
			probe(some[i]);
			adopt(&loops[thread_of(some[i]->id)], some[i]);
		}
	}
}

static void parse(int argc, char **argv)
{
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		const char *name = argv[i], *v = argv[i + 1];
		if (!strcmp(name, "-addr"))
			cfg.addr = v;
		else if (!strcmp(name, "-conns"))
			cfg.conns = atoi(v);
		else if (!strcmp(name, "-size"))
			cfg.size = atoi(v);
		else if (!strcmp(name, "-depth"))
			cfg.depth = atoi(v);
		else if (!strcmp(name, "-threads"))
			cfg.threads = atoi(v);
		else if (!strcmp(name, "-pid"))
			cfg.pid = atoi(v);
		else if (!strcmp(name, "-rate"))
			cfg.rate = atof(v);
		else if (!strcmp(name, "-warmup"))
			cfg.warmup = atof(v);
		else if (!strcmp(name, "-seconds"))
			cfg.seconds = atof(v);
		else
			fail("unknown flag %s", name);
	}
	if (cfg.conns < 1 || cfg.size < 1 || cfg.depth < 0 || cfg.threads < 1)
		fail("conns, size and threads must be positive, and depth not negative");
	if (cfg.threads > cfg.conns)
		cfg.threads = cfg.conns;
}

static void sleep_until(int64_t t)
{
	struct timespec ts;

	t += begin;
	ts.tv_sec = t / 1000000000;
	ts.tv_nsec = t % 1000000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void prepare(void)
{
	uint64_t x = 88172645463325252ULL;
	int i;

	raise_file_limit();
	for (i = 0; i < BLOCK; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		pattern[i] = (unsigned char)(x >> 32);
	}
	for (; i < BLOCK + CHUNK; i++)
		pattern[i] = pattern[i - BLOCK];
	loops = calloc((size_t)cfg.threads, sizeof *loops);
	if (!loops)
		fail("out of memory");
	for (i = 0; i < cfg.threads; i++)
		make_loop(&loops[i], i);
}

static void print(const struct histogram *h, struct clocks a, struct clocks b, long idle, long loaded)
{
	printf("{\"client\":\"c\",\"conns\":%d,\"size\":%d,\"depth\":%d,\"rate\":%g,\"threads\":%d,", cfg.conns,
	       cfg.size, cfg.depth, cfg.rate, cfg.threads);
	printf("\"seconds\":%.9f,\"messages\":%llu,", (double)(b.wall - a.wall) / 1e9, (unsigned long long)h->count);
	printf("\"latency_us\":{\"p50\":%.2f,\"p99\":%.2f,\"p99.9\":%.2f,\"max\":%.2f},", at(h, 0.5), at(h, 0.99),
	       at(h, 0.999), (double)h->max / 1e3);
	printf("\"server_cpu_s\":%.9f,\"client_cpu_s\":%.9f,", (double)(b.server - a.server) / 1e9,
	       (double)(b.own - a.own) / 1e9);
	printf("\"server_rss\":%ld,\"server_rss_load\":%ld}\n", idle, loaded);
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr;
	struct histogram *all = calloc(1, sizeof *all);
	struct clocks a, b;
	long idle, loaded;
	int i;

	parse(argc, argv);
	parse_addr(cfg.addr, &addr);
	prepare();
	connect_all(&addr);
	idle = rss(cfg.pid);
	begin = clock_ns(CLOCK_MONOTONIC);
	for (i = 0; i < cfg.threads; i++)
		if (pthread_create(&loops[i].thread, NULL, run, &loops[i]) != 0)
			fail("pthread_create");
	sleep_until((int64_t)(cfg.warmup * 1e9));
	a = read_clocks(cfg.pid);
	from = a.wall - begin;
	sleep_until(a.wall - begin + (int64_t)(cfg.seconds * 1e9));
	b = read_clocks(cfg.pid);
	to = b.wall - begin;
	loaded = rss(cfg.pid);
	for (i = 0; i < cfg.threads; i++) {
		pthread_join(loops[i].thread, NULL);
		merge(all, &loops[i].latency);
	}
	print(all, a, b, idle, loaded);
	return 0;
}
