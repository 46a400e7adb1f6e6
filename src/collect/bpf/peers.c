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

/* A TCP connection, as one of its ends has it. */
struct connection {
	uint8_t local[16], remote[16];	/* the key: first, no padding */
	uint32_t local_port, remote_port;
	uint64_t ino;
};

#define CONNECTION_KEY_SIZE 40

/* When something was looked through, and may be again. */
struct look {
	int64_t began_ns, next_ns;
};

struct peers {
	const struct procfs *fs;
	struct map held, connections;
	struct look links, tables;
	uint64_t net;		/* the namespace of these connections */
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
	map_init(&peers->connections, CONNECTION_KEY_SIZE);
	return peers;
}

void peers_free(struct peers *peers)
{
	if (!peers)
		return;
	map_free_all(&peers->held);
	map_free_all(&peers->connections);
	map_done(&peers->held);
	map_done(&peers->connections);
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
		map_free_all(&peers->held);
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

static void add_connection(struct peers *peers, const char *line)
{
	struct connection c = { .ino = 0 }, *kept;
	unsigned local_port, remote_port;
	char here[48], there[48];
	unsigned long long ino;

	if (sscanf(line, "%*s %47s %47s %*s %*s %*s %*s %*s %*s %llu", here,
		   there, &ino) != 3 ||
	    !parse_end(here, c.local, &local_port) ||
	    !parse_end(there, c.remote, &remote_port) || !remote_port)
		return;
	c.local_port = local_port;
	c.remote_port = remote_port;
	c.ino = ino;
	kept = map_get(&peers->connections, &c) ? NULL : malloc(sizeof(c));
	if (!kept)
		return;
	*kept = c;
	if (map_add(&peers->connections, kept))
		free(kept);
}

static void read_table(struct peers *peers, pid_t pid, const char *table)
{
	int fd = procfs_open(peers->fs, "%d/net/%s", pid, table);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char line[512];

	if (!file && fd >= 0)
		close(fd);
	while (file && peers->connections.used < MAX_CONNECTIONS &&
	       fgets(line, sizeof(line), file))
		add_connection(peers, line);
	if (file)
		fclose(file);
}

/* By its number, 0: it is not known. */
static uint64_t net_of(const struct peers *peers, pid_t pid)
{
	unsigned long long number = 0;
	char path[48], link[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%d/ns/net", pid);
	n = readlinkat(peers->fs->root, path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	return sscanf(link, "net:[%llu]", &number) == 1 ? number : 0;
}

int peers_of_tcp(struct peers *peers, pid_t pid, const struct object *o,
		 pid_t pids[HOLDERS])
{
	bool is_v6 = o->family == AF_INET6;
	struct connection key = { .local_port = o->remote_port,
				  .remote_port = o->local_port };
	uint64_t net = net_of(peers, pid);
	const struct connection *c;

	normalize(o->remote, is_v6, key.local);
	normalize(o->local, is_v6, key.remote);
	c = net == peers->net ? map_get(&peers->connections, &key) : NULL;
	/* Nobody has accepted it yet, or had when this was read. */
	if (c && !c->ino)
		c = NULL;
	else if (!c && net == peers->net &&
		 peers->tables.began_ns >= (int64_t)o->met_ns)
		return 0;
	if (!c && net) {
		if (!begin_look(&peers->tables))
			return -EAGAIN;
		map_free_all(&peers->connections);
		peers->net = net;
		read_table(peers, pid, "tcp");
		read_table(peers, pid, "tcp6");
		end_look(&peers->tables);
		c = map_get(&peers->connections, &key);
	}
	if (c && !c->ino)
		return -EAGAIN;
	/* It was there when the table was read, not when it was met. */
	return c ? peers_of_socket(peers, c->ino, peers->tables.began_ns,
				   pids) : 0;
}
