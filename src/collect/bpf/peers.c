/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/peers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/map.h"

/* A machine can have more; what is beyond is not looked at. */
#define MAX_LINKS 200000
#define MAX_CONNECTIONS 100000
/* So many times as long as a look took, there is no other. */
#define REST 20

/* A pipe or socket, and who has it. */
struct held {
	uint64_t ino;		/* the map's key: stays first, no padding */
	uint64_t is_pipe;
	int n;
	pid_t pids[HOLDERS];
};

#define HELD_KEY_SIZE 16

/* When something was looked through, and may be again. */
struct look {
	int64_t began_ns, next_ns;
};

struct peers {
	const struct procfs *fs;
	struct map held;
	struct look links, tables;
	size_t n_links;
	pid_t pid;		/* whose are looked through */
};

struct peers *peers_new(const struct procfs *fs)
{
	struct peers *peers = calloc(1, sizeof(*peers));

	if (!peers)
		return NULL;
	peers->fs = fs;
	map_init(&peers->held, HELD_KEY_SIZE);
	return peers;
}

static void forget_held(struct peers *peers)
{
	struct held *held;
	size_t pos = 0;

	while ((held = map_next(&peers->held, &pos)))
		free(held);
	map_done(&peers->held);
	map_init(&peers->held, HELD_KEY_SIZE);
}

void peers_free(struct peers *peers)
{
	if (!peers)
		return;
	forget_held(peers);
	map_done(&peers->held);
	free(peers);
}

/* Whether one may be begun; it ends with end_look(). */
static bool begin_look(struct look *look)
{
	int64_t now = clock_mono_ns();

	if (now < look->next_ns)
		return false;
	look->began_ns = now;
	return true;
}

static void end_look(struct look *look)
{
	int64_t now = clock_mono_ns();

	look->next_ns = now + REST * (now - look->began_ns);
}

/* --- links ------------------------------------------------------------------- */

static void hold(struct peers *peers, const struct held *key)
{
	struct held *held = map_get(&peers->held, key);

	if (!held) {
		held = calloc(1, sizeof(*held));
		if (!held)
			return;
		*held = *key;
		if (map_add(&peers->held, held)) {
			free(held);
			return;
		}
	}
	/* A process can have it more than once. */
	if (held->n < HOLDERS &&
	    (!held->n || held->pids[held->n - 1] != peers->pid))
		held->pids[held->n++] = peers->pid;
}

static void look_at(struct peers *peers, int dir, const char *name)
{
	struct held key = { 0 };
	unsigned long long ino;
	char link[64];
	ssize_t n = readlinkat(dir, name, link, sizeof(link) - 1);

	peers->n_links++;
	if (n <= 0)
		return;
	link[n] = '\0';
	if (sscanf(link, "pipe:[%llu]", &ino) == 1)
		key.is_pipe = 1;
	else if (sscanf(link, "socket:[%llu]", &ino) != 1)
		return;
	key.ino = ino;
	hold(peers, &key);
}

static int look_through(pid_t pid, void *arg)
{
	struct peers *peers = arg;
	int fd = procfs_open(peers->fs, "%d/fd", pid);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	peers->pid = pid;
	while (dir && peers->n_links < MAX_LINKS && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			look_at(peers, dirfd(dir), entry->d_name);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return peers->n_links >= MAX_LINKS;
}

static int find(struct peers *peers, const struct held *key, int64_t since,
		pid_t pids[HOLDERS])
{
	const struct held *held = map_get(&peers->held, key);

	if (!held && peers->links.began_ns < since) {
		if (!begin_look(&peers->links))
			return -EAGAIN;
		forget_held(peers);
		peers->n_links = 0;
		procfs_each_id(peers->fs, ".", look_through, peers);
		end_look(&peers->links);
		held = map_get(&peers->held, key);
	}
	if (!held)
		return 0;
	memcpy(pids, held->pids, sizeof(held->pids));
	return held->n;
}

int peers_of_pipe(struct peers *peers, uint64_t ino, int64_t since,
		  pid_t pids[HOLDERS])
{
	struct held key = { .ino = ino, .is_pipe = 1 };

	return find(peers, &key, since, pids);
}

int peers_of_socket(struct peers *peers, uint64_t ino, int64_t since,
		    pid_t pids[HOLDERS])
{
	struct held key = { .ino = ino };

	return find(peers, &key, since, pids);
}

/* --- tables of TCP connections ---------------------------------------------------- */

/* IPv4 in IPv6 is the same address. */
static void normalize(const uint8_t *address, bool is_v6, uint8_t ret[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	bool mapped = is_v6 && !memcmp(address, prefix, sizeof(prefix));

	memset(ret, 0, 16);
	if (mapped)
		memcpy(ret, address + 12, 4);
	else
		memcpy(ret, address, is_v6 ? 16 : 4);
}

/* "0100007F:01BD": words in this machine's order, the port as it is said. */
static bool parse_end(const char *hex, uint8_t address[16], unsigned *port)
{
	size_t digits = strspn(hex, "0123456789abcdefABCDEF");
	uint32_t words[4] = { 0 };

	if ((digits != 8 && digits != 32) ||
	    sscanf(hex + digits, ":%x", port) != 1)
		return false;
	for (size_t i = 0; i < digits / 8; i++) {
		char word[9];

		snprintf(word, sizeof(word), "%.8s", hex + 8 * i);
		words[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	normalize((const uint8_t *)words, digits == 32, address);
	return true;
}

/* Whether this line is of the other end of @o. */
static bool is_other_end(const char *line, const struct object *o,
			 uint64_t *ino)
{
	uint8_t local[16], remote[16], ours[16], theirs[16];
	bool is_v6 = o->family == AF_INET6;
	unsigned local_port, remote_port;
	unsigned long long number;
	char here[48], there[48];

	if (sscanf(line, "%*s %47s %47s %*s %*s %*s %*s %*s %*s %llu", here,
		   there, &number) != 3 ||
	    !parse_end(here, local, &local_port) ||
	    !parse_end(there, remote, &remote_port))
		return false;
	normalize(o->local, is_v6, ours);
	normalize(o->remote, is_v6, theirs);
	*ino = number;
	return local_port == o->remote_port && remote_port == o->local_port &&
	       !memcmp(local, theirs, sizeof(local)) &&
	       !memcmp(remote, ours, sizeof(remote));
}

static uint64_t look_up(struct peers *peers, pid_t pid, const char *table,
			const struct object *o)
{
	int fd = procfs_open(peers->fs, "%d/net/%s", pid, table);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	uint64_t ino = 0;
	bool found = false;
	char line[512];

	if (!file && fd >= 0)
		close(fd);
	for (int i = 0; file && !found && i < MAX_CONNECTIONS &&
	     fgets(line, sizeof(line), file); i++)
		found = is_other_end(line, o, &ino);
	if (file)
		fclose(file);
	return found ? ino : 0;
}

int peers_of_tcp(struct peers *peers, pid_t pid, const struct object *o,
		 pid_t pids[HOLDERS])
{
	uint64_t ino;

	if (!begin_look(&peers->tables))
		return -EAGAIN;
	ino = look_up(peers, pid, "tcp", o);
	if (!ino)
		ino = look_up(peers, pid, "tcp6", o);
	end_look(&peers->tables);
	return ino ? peers_of_socket(peers, ino, (int64_t)o->met_ns, pids) :
		     0;
}
