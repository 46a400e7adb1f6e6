/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* The weight of one range of Accept, in thousandths. */
static int weight_of(const char *range, size_t len)
{
	for (size_t i = 0; i + 2 < len; i++) {
		int weight = 0, digit = 100;
		size_t n = i + 3;

		if (range[i] != ';')
			continue;
		while (n < len && is_space(range[n - 2]))
			n++;
		if (n >= len || (range[n - 2] | 0x20) != 'q' ||
		    range[n - 1] != '=')
			continue;
		if (range[n] == '1')
			return 1000;
		for (n += 2; n < len && digit && range[n] >= '0' &&
		     range[n] <= '9'; n++, digit /= 10)
			weight += digit * (range[n] - '0');
		return weight;
	}
	return 1000;
}

static bool is_type(const char *range, size_t len, const char *type)
{
	size_t n = strlen(type);

	return len >= n && !strncasecmp(range, type, n) &&
	       (len == n || range[n] == ';' || is_space(range[n]));
}

/* The older versions of it are what one asks for who wants any. */
bool listener_wants_open(const char *accept)
{
	int open = 0, plain = 0;

	while (accept && *accept) {
		size_t len = strcspn(accept, ",");
		int weight;

		while (len && is_space(*accept)) {
			accept++;
			len--;
		}
		weight = weight_of(accept, len);
		if (is_type(accept, len, "application/openmetrics-text") &&
		    weight > open)
			open = weight;
		if (is_type(accept, len, "text/plain") && weight > plain)
			plain = weight;
		accept += len;
		accept += *accept == ',';
	}
	return open && open >= plain;
}

#ifdef HAVE_LIBMICROHTTPD

#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* Of a request's head; Prometheus' have some 400 bytes. */
#define REQUEST_BYTES (16 << 10)
/* Nothing came or went. */
#define IDLE_SECONDS 5

/* The function's result has changed its type. */
#if MHD_VERSION >= 0x00097002
typedef enum MHD_Result answer_t;
#else
typedef int answer_t;
#endif

struct client {
	int fd;			/* -1: a free place */
	int64_t since_ns;
};

struct listener {
	struct listener_owner owner;
	struct MHD_Daemon *daemon;
	struct MHD_Response *open, *plain;	/* NULL: nothing yet */
	struct client clients[LISTENER_MAX_CLIENTS];
	char address[ENDPOINT_MAX];
	int fd;			/* to listen at; until the daemon has it */
};

const char *const listener_missing;

static struct MHD_Response *new_response(const char *text, size_t len,
					 enum MHD_ResponseMemoryMode mode,
					 const char *type)
{
	/* The library's argument is not const, and is not written to. */
	union { const char *text; void *data; } both = { text };
	struct MHD_Response *response =
		MHD_create_response_from_buffer(len, both.data, mode);

	if (!response)
		return NULL;
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "Connection", "close");
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	return response;
}

static answer_t answer(struct MHD_Connection *connection, unsigned status,
		       const char *text)
{
	struct MHD_Response *response =
		new_response(text, strlen(text), MHD_RESPMEM_PERSISTENT,
			     "text/plain; charset=utf-8");
	answer_t ret;

	if (!response)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ret;
}

static answer_t answer_metrics(struct listener *listener,
			       struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection,
					MHD_HEADER_KIND, "Accept");
	struct MHD_Response *response;

	listener->owner.asked(listener->owner.ctx);
	response = listener_wants_open(accept) ? listener->open :
						 listener->plain;
	if (!response)
		return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "Nothing was measured yet\n");
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static answer_t on_request(void *ctx, struct MHD_Connection *connection,
			   const char *url, const char *method,
			   const char *version, const char *upload,
			   size_t *upload_size, void **request)
{
	static const char root[] = "smbsysacct: see /metrics\n";

	(void)version;
	(void)upload;
	/* Nobody has a body to send: at its head's end it is answered. */
	*upload_size = 0;
	(void)request;
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			      "Only GET and HEAD\n");
	if (!strcmp(url, "/"))
		return answer(connection, MHD_HTTP_OK, root);
	if (strcmp(url, "/metrics"))
		return answer(connection, MHD_HTTP_NOT_FOUND,
			      "Not found: see /metrics\n");
	return answer_metrics(ctx, connection);
}

static void on_connection(void *ctx, struct MHD_Connection *connection,
			  void **place,
			  enum MHD_ConnectionNotificationCode code)
{
	struct listener *listener = ctx;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection,
					MHD_CONNECTION_INFO_CONNECTION_FD);

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		struct client *client = *place;

		if (client)
			client->fd = -1;
		return;
	}
	for (int i = 0; info && i < LISTENER_MAX_CLIENTS; i++)
		if (listener->clients[i].fd < 0) {
			*place = &listener->clients[i];
			listener->clients[i] = (struct client){
				info->connect_fd, clock_mono_ns()
			};
			return;
		}
}

/* What clients send that is none of HTTP is no news. */
static void on_log(void *ctx, const char *fmt, va_list ap)
{
	(void)ctx;
	(void)fmt;
	(void)ap;
}

static int start_daemon(struct listener *listener, struct why *why)
{
	listener->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		on_request, listener,
		/* First, so that it is silent from the beginning. */
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, listener->fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)LISTENER_MAX_CLIENTS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, listener,
		MHD_OPTION_END);
	if (!listener->daemon)
		return why_set(why, EIO, "the HTTP server of libmicrohttpd "
			       "did not start");
	listener->fd = -1;
	return 0;
}

int listener_open(struct listener **ret, const struct endpoint *endpoint,
		  const struct listener_owner *owner, struct why *why)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int err = 0;

	if (!listener)
		return why_set(why, ENOMEM, "out of memory");
	listener->owner = *owner;
	for (int i = 0; i < LISTENER_MAX_CLIENTS; i++)
		listener->clients[i].fd = -1;
	listener->fd = endpoint_listen(endpoint, why);
	if (listener->fd < 0)
		err = listener->fd;
	else
		endpoint_text(listener->address, sizeof(listener->address),
			      listener->fd);
	if (!err)
		err = start_daemon(listener, why);
	if (err) {
		listener_close(listener);
		return err;
	}
	*ret = listener;
	return 0;
}

static void forget_texts(struct listener *listener)
{
	if (listener->open)
		MHD_destroy_response(listener->open);
	if (listener->plain)
		MHD_destroy_response(listener->plain);
	listener->open = listener->plain = NULL;
}

void listener_close(struct listener *listener)
{
	if (!listener)
		return;
	if (listener->daemon)
		MHD_stop_daemon(listener->daemon);
	if (listener->fd >= 0)
		close(listener->fd);
	forget_texts(listener);
	free(listener);
}

/* Those that are still being sent keep theirs. */
int listener_set(struct listener *listener, char *open, size_t open_len,
		 char *plain, size_t plain_len)
{
	struct MHD_Response *now_open =
		new_response(open, open_len, MHD_RESPMEM_MUST_FREE,
			     "application/openmetrics-text; version=1.0.0; "
			     "charset=utf-8");
	struct MHD_Response *now_plain =
		new_response(plain, plain_len, MHD_RESPMEM_MUST_FREE,
			     "text/plain; version=0.0.4; charset=utf-8");

	if (!now_open)
		free(open);
	if (!now_plain)
		free(plain);
	if (now_open && now_plain) {
		forget_texts(listener);
		listener->open = now_open;
		listener->plain = now_plain;
		return 0;
	}
	if (now_open)
		MHD_destroy_response(now_open);
	if (now_plain)
		MHD_destroy_response(now_plain);
	return -ENOMEM;
}

int listener_fd(const struct listener *listener)
{
	const union MHD_DaemonInfo *info = listener ?
		MHD_get_daemon_info(listener->daemon,
				    MHD_DAEMON_INFO_EPOLL_FD) : NULL;

	return info ? info->epoll_fd : -1;
}

int listener_timeout_ms(const struct listener *listener)
{
	MHD_UNSIGNED_LONG_LONG ms;
	int least = -1;

	if (!listener)
		return -1;
	if (MHD_get_timeout(listener->daemon, &ms) == MHD_YES)
		least = ms > 1000 ? 1000 : (int)ms;
	for (int i = 0; least < 0 && i < LISTENER_MAX_CLIENTS; i++)
		if (listener->clients[i].fd >= 0)
			least = 1000;
	return least;
}

static bool is_crowded(const struct listener *listener)
{
	for (int i = 0; i < LISTENER_MAX_CLIENTS; i++)
		if (listener->clients[i].fd < 0)
			return false;
	return true;
}

/* A byte now and then is not taken for life. */
static void hurry(struct listener *listener)
{
	int64_t before_ns = clock_mono_ns() - NS_PER_SEC *
			    (is_crowded(listener) ? LISTENER_CROWDED_SECONDS :
						    LISTENER_SECONDS);

	for (int i = 0; i < LISTENER_MAX_CLIENTS; i++) {
		const struct client *client = &listener->clients[i];

		if (client->fd >= 0 && client->since_ns < before_ns)
			shutdown(client->fd, SHUT_RDWR);
	}
}

void listener_serve(struct listener *listener)
{
	hurry(listener);
	MHD_run(listener->daemon);
}

const char *listener_address(const struct listener *listener)
{
	return listener->address;
}

#else

const char *const listener_missing = "built without libmicrohttpd";

int listener_open(struct listener **ret, const struct endpoint *endpoint,
		  const struct listener_owner *owner, struct why *why)
{
	(void)ret;
	(void)endpoint;
	(void)owner;
	return why_set(why, ENOTSUP, "--listen: %s", listener_missing);
}

void listener_close(struct listener *listener)
{
	(void)listener;
}

int listener_set(struct listener *listener, char *open, size_t open_len,
		 char *plain, size_t plain_len)
{
	(void)listener;
	(void)open_len;
	(void)plain_len;
	free(open);
	free(plain);
	return -ENOTSUP;
}

int listener_fd(const struct listener *listener)
{
	(void)listener;
	return -1;
}

int listener_timeout_ms(const struct listener *listener)
{
	(void)listener;
	return -1;
}

void listener_serve(struct listener *listener)
{
	(void)listener;
}

const char *listener_address(const struct listener *listener)
{
	(void)listener;
	return "";
}

#endif
