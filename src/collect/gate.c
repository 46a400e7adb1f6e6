/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int gate_fate_new(struct launch_fate **ret, struct why *why)
{
	void *memory = mmap(NULL, sizeof(**ret), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return why_set(why, ENOMEM, "out of memory");
	*ret = memory;
	return 0;
}

void gate_fate_free(struct launch_fate *fate)
{
	if (fate)
		munmap(fate, sizeof(*fate));
}

/* In the child. */
static int wait_at(void *arg)
{
	struct gate *gate = arg;
	char go;
	ssize_t n;

	close(gate->fds[1]);
	do {
		n = read(gate->fds[0], &go, 1);
	} while (n < 0 && errno == EINTR);
	close(gate->fds[0]);
	return n == 1 ? 0 : -ECANCELED;
}

int gate_launch(struct gate *gate, const struct launch_cfg *cfg,
		struct command *command, struct launch_fate *fate,
		struct why *why)
{
	pid_t pid;

	if (pipe2(gate->fds, O_CLOEXEC))
		return why_set(why, errno, "pipe: %s", strerror(errno));
	pid = launch_clone(0, &command->pid);
	if (!pid)
		launch_exec(cfg, wait_at, gate, fate);
	if (pid < 0)
		return why_set(why, errno, "cannot start the command: %s",
			       strerror(errno));
	command->pid = pid;
	command->fate = fate;
	return 0;
}

void gate_open(struct gate *gate, struct command *command, bool go)
{
	int status;

	/* One that was killed meanwhile is no failure of ours. */
	if (go && gate->fds[1] >= 0 && write(gate->fds[1], "", 1) < 0)
		errno = 0;
	for (int i = 0; i < 2; i++)
		if (gate->fds[i] >= 0)
			close(gate->fds[i]);
	if (go || command->pid <= 0)
		return;
	/* By somebody else's signal, or by itself as it may not go. */
	if (waitpid(command->pid, &status, 0) == command->pid &&
	    WIFSIGNALED(status))
		command->signal = WTERMSIG(status);
	command->pid = 0;
}
