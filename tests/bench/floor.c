// SPDX-License-Identifier: GPL-2.0-or-later
/* floor: attaches the programs that do nothing, prints "ready", and stays
 * until its standard input ends. */
#include <stdio.h>
#include <bpf/libbpf.h>

#include "tests/bench/floor.skel.h"

int main(void)
{
	struct empty *programs = empty__open_and_load();

	if (!programs || empty__attach(programs)) {
		perror("floor");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	empty__destroy(programs);
	return 0;
}
