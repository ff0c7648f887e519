/* The echo server on io_uring: multishot receives into a provided buffer ring,
 * sends from the buffers that were received into. Each loop has a ring that
 * only it enters (SINGLE_ISSUER, DEFER_TASKRUN). The main thread accepts and
 * deals the connections out to the loops in turn, through a pipe that each
 * loop reads by its ring. */
#include "echo.h"
#include <liburing.h>
#include <semaphore.h>
#include <stdint.h>

enum { ENTRIES = 4096, BUFFERS = 1024, CHUNK = 16 << 10, GROUP = 0 };

/* Operations are told apart by the low bits of user_data; the rest is the
 * connection. */
enum { RECV, SEND, NEWCOMER, KIND = 3 };

/* A received chunk is its buffer's number, how much of it there is, and the
 * next chunk to be sent on the same connection. */
struct chunk {
	unsigned len, sent;
	int next;
};

struct conn {
	int fd;
	int first, last; /* chunks to send, -1: none; the first is being sent */
	unsigned armed : 1, starved : 1, over : 1;
	struct conn *next_starved;
};

struct loop {
	struct io_uring ring;
	struct io_uring_buf_ring *buffers;
	char *memory;
	struct chunk chunks[BUFFERS];
	struct conn *starved; /* those whose receive ended for want of a buffer */
	int newcomers[2], newcomer;
};

static sem_t ready; /* posted by each loop that has its ring */

static struct io_uring_sqe *sqe_for(struct loop *l)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&l->ring);

	while (!sqe) {
		io_uring_submit(&l->ring);
		sqe = io_uring_get_sqe(&l->ring);
	}
	return sqe;
}

static void tag(struct io_uring_sqe *sqe, struct conn *c, unsigned kind)
{
	io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)c | kind);
}

static void receive(struct loop *l, struct conn *c)
{
	struct io_uring_sqe *sqe = sqe_for(l);

	io_uring_prep_recv_multishot(sqe, c->fd, NULL, 0, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
	tag(sqe, c, RECV);
	c->armed = 1;
}

static void send_first(struct loop *l, struct conn *c)
{
	struct io_uring_sqe *sqe = sqe_for(l);
	struct chunk *chunk = &l->chunks[c->first];
	char *data = l->memory + (size_t)c->first * CHUNK + chunk->sent;

	io_uring_prep_send(sqe, c->fd, data, chunk->len - chunk->sent, MSG_WAITALL | MSG_NOSIGNAL);
	tag(sqe, c, SEND);
}

static void expect_newcomer(struct loop *l)
{
	struct io_uring_sqe *sqe = sqe_for(l);

	io_uring_prep_read(sqe, l->newcomers[0], &l->newcomer, sizeof l->newcomer, 0);
	tag(sqe, NULL, NEWCOMER);
}

/* give_back lets the kernel have a buffer again, and first of all those
 * connections that wait for one. */
static void give_back(struct loop *l, int id)
{
	struct conn *c = l->starved;

	io_uring_buf_ring_add(l->buffers, l->memory + (size_t)id * CHUNK, CHUNK, (unsigned short)id,
			      io_uring_buf_ring_mask(BUFFERS), 0);
	io_uring_buf_ring_advance(l->buffers, 1);
	if (c) {
		l->starved = c->next_starved;
		c->starved = 0;
		receive(l, c);
	}
}

/* finish frees a connection that is over, when the kernel has nothing of it
 * any more. */
static void finish(struct conn *c)
{
	if (!c->over || c->armed || c->starved || c->first >= 0)
		return;
	close(c->fd);
	free(c);
}

static void end(struct conn *c)
{
	if (!c->over)
		shutdown(c->fd, SHUT_RDWR);
	c->over = 1;
}

static void append(struct loop *l, struct conn *c, int id, unsigned len)
{
	l->chunks[id] = (struct chunk){.len = len, .next = -1};
	if (c->first >= 0) {
		l->chunks[c->last].next = id;
		c->last = id;
		return;
	}
	c->first = c->last = id;
	send_first(l, c);
}

static void received(struct loop *l, struct conn *c, struct io_uring_cqe *cqe)
{
	if (cqe->res > 0 && (cqe->flags & IORING_CQE_F_BUFFER))
		append(l, c, (int)(cqe->flags >> IORING_CQE_BUFFER_SHIFT), (unsigned)cqe->res);
	if (cqe->flags & IORING_CQE_F_MORE)
		return;
	c->armed = 0;
	if (cqe->res == -ENOBUFS) {
		c->starved = 1;
		c->next_starved = l->starved;
		l->starved = c;
	} else if (cqe->res > 0) {
		receive(l, c);
	} else {
		end(c);
	}
}

static void drop_all(struct loop *l, struct conn *c)
{
	while (c->first >= 0) {
		int id = c->first;
		c->first = l->chunks[id].next;
		give_back(l, id);
	}
}

static void sent(struct loop *l, struct conn *c, int res)
{
	int id = c->first;

	if (res <= 0) {
		drop_all(l, c);
		end(c);
		return;
	}
	l->chunks[id].sent += (unsigned)res;
	if (l->chunks[id].sent == l->chunks[id].len) {
		c->first = l->chunks[id].next;
		give_back(l, id);
	}
	if (c->first >= 0)
		send_first(l, c);
}

static void adopt(struct loop *l, int fd)
{
	struct conn *c = calloc(1, sizeof *c);

	if (!c)
		die("calloc");
	c->fd = fd;
	c->first = -1;
	receive(l, c);
}

static void handle(struct loop *l, struct io_uring_cqe *cqe)
{
	uint64_t data = io_uring_cqe_get_data64(cqe);
	struct conn *c = (struct conn *)(uintptr_t)(data & ~(uint64_t)KIND);

	switch (data & KIND) {
	case NEWCOMER:
		adopt(l, l->newcomer);
		expect_newcomer(l);
		return;
	case SEND:
		sent(l, c, cqe->res);
		break;
	default:
		received(l, c, cqe);
	}
	finish(c);
}

static void provide_buffers(struct loop *l)
{
	struct io_uring_buf_reg reg = {.ring_entries = BUFFERS, .bgid = GROUP};
	void *shared;
	int i;

	if (posix_memalign(&shared, 4096, BUFFERS * sizeof(struct io_uring_buf)) != 0 ||
	    posix_memalign((void **)&l->memory, 4096, (size_t)BUFFERS * CHUNK) != 0)
		die("posix_memalign");
	l->buffers = shared;
	io_uring_buf_ring_init(l->buffers);
	reg.ring_addr = (uint64_t)(uintptr_t)shared;
	if ((errno = -io_uring_register_buf_ring(&l->ring, &reg, 0)) != 0)
		die("provided buffer ring");
	for (i = 0; i < BUFFERS; i++)
		give_back(l, i);
}

/* set_up runs on the loop's own thread: the ring belongs to the one that made
 * it. */
static void set_up(struct loop *l)
{
	struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
					     IORING_SETUP_CQSIZE,
				    .cq_entries = 4 * ENTRIES};

	if ((errno = -io_uring_queue_init_params(ENTRIES, &l->ring, &p)) != 0)
		die("io_uring");
	io_uring_register_ring_fd(&l->ring);
	provide_buffers(l);
	expect_newcomer(l);
}

static void *run(void *arg)
{
	struct loop *l = arg;

	set_up(l);
	sem_post(&ready);
	for (;;) {
		struct io_uring_cqe *cqe;
		unsigned head, n = 0;

		io_uring_submit_and_wait(&l->ring, 1);
		io_uring_for_each_cqe(&l->ring, head, cqe) {
			handle(l, cqe);
			n++;
		}
		io_uring_cq_advance(&l->ring, n);
	}
	return NULL;
}

static struct loop *start_loop(void)
{
	struct loop *l = calloc(1, sizeof *l);
	pthread_t thread;

	if (!l || pipe(l->newcomers) < 0)
		die("pipe");
	if (pthread_create(&thread, NULL, run, l) != 0)
		die("pthread_create");
	sem_wait(&ready);
	return l;
}

int main(int argc, char **argv)
{
	struct options o = parse_options(argc, argv);
	struct loop **loops = calloc((size_t)o.loops, sizeof *loops);
	int i, listener;

	begin_process();
	sem_init(&ready, 0, 0);
	for (i = 0; i < o.loops; i++)
		loops[i] = start_loop();
	listener = listen_at(&o, 0);
	announce(listener);
	for (i = 0;; i++) {
		int fd = accept_for(listener, 0);
		if (write(loops[i % o.loops]->newcomers[1], &fd, sizeof fd) != sizeof fd)
			die("write");
	}
}
