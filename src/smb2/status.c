/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "smb2/status.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#ifdef HAVE_JANSSON

#include <jansson.h>

const char *const status_missing;

/* Numbers are texts there, of ten digits or more. */
static int number(const json_t *object, const char *key, uint64_t max,
		  uint64_t *ret)
{
	const char *text = json_string_value(json_object_get(object, key));
	char *end;

	if (!text || *text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno || *end || *ret > max ? -EINVAL : 0;
}

struct item {
	uint64_t pid, session, tree;
};

/* What does not look as it should is passed over. */
static int read_item(const json_t *object, const char *tree,
		     struct item *item)
{
	const json_t *server = json_object_get(object, "server_id");

	*item = (struct item){ 0 };
	if (number(server, "pid", INT_MAX, &item->pid) ||
	    number(object, "session_id", UINT64_MAX, &item->session))
		return -EINVAL;
	return tree ? number(object, tree, UINT32_MAX, &item->tree) : 0;
}

int status_parse(const char *text, size_t len,
		 void (*each)(void *ctx, pid_t pid, uint64_t session,
			      uint32_t tree, const char *name),
		 void *ctx)
{
	static const struct {
		const char *list, *tree, *name;
	} lists[] = {
		{ "sessions", NULL, "username" },
		{ "tcons", "tcon_id", "service" },
	};
	json_t *root = json_loadb(text, len, 0, NULL), *object;
	const char *key, *name;
	struct item item;

	if (!json_is_object(root)) {
		json_decref(root);
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		json_object_foreach(json_object_get(root, lists[i].list), key,
				    object) {
			name = json_string_value(json_object_get(object,
							lists[i].name));
			if (name && !read_item(object, lists[i].tree, &item))
				each(ctx, (pid_t)item.pid, item.session,
				     (uint32_t)item.tree, name);
		}
	json_decref(root);
	return 0;
}

#else

const char *const status_missing = "built without jansson";

int status_parse(const char *text, size_t len,
		 void (*each)(void *ctx, pid_t pid, uint64_t session,
			      uint32_t tree, const char *name),
		 void *ctx)
{
	(void)text;
	(void)len;
	(void)each;
	(void)ctx;
	return -EINVAL;
}

#endif
