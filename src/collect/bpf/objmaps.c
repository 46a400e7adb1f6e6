/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/objmaps.h"

#include <errno.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/bpf/split.skel.h"

int objmaps_prepare(struct split *programs)
{
	struct callset on_fd = { 0 }, new_fd = { 0 }, moves = { 0 };
	struct callnames names;

	if (callnames_init(&names, NULL))
		return -ENOMEM;
	callset_add_class(&on_fd, &names, "fd");
	callset_add_class(&new_fd, &names, "newfd");
	callset_add_class(&moves, &names, "bytes");
	callnames_done(&names);
	engine_set_calls((uint64_t *)programs->rodata->on_fd, &on_fd);
	engine_set_calls((uint64_t *)programs->rodata->new_fd, &new_fd);
	engine_set_calls((uint64_t *)programs->rodata->moves, &moves);
	return 0;
}

int objmaps_object(const struct engine *engine, uint64_t number,
		   struct object *ret)
{
	return bpf_map__lookup_elem(engine->programs->maps.objects, &number,
				    sizeof(number), ret, sizeof(*ret), 0);
}

int objmaps_holders(const struct engine *engine, uint64_t end,
		    struct holders *ret)
{
	return bpf_map__lookup_elem(engine->programs->maps.ends, &end,
				    sizeof(end), ret, sizeof(*ret), 0);
}
