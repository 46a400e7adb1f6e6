/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <string.h>

#include "model/reasons.h"

#define MAX_FRAMES 64

/* The reason of a stack: functions with blanks between, innermost first. */
static const char *reason_of(const char *functions)
{
	char text[1024], *rest = text, *function;
	int rows[MAX_FRAMES];
	size_t n = 0;

	snprintf(text, sizeof(text), "%s", functions);
	while ((function = strsep(&rest, " ")) && n < MAX_FRAMES)
		rows[n++] = reasons_row(function);
	return reasons_pick(rows, n);
}

/* From /proc/PID/stack on Linux 6.18, of tests/work/reasons and of scripts
 * that make the calls that it does not; outermost ones are left out. */
static const struct {
	const char *reason, *stack;
} recorded[] = {
	{ "pipe",
	  "anon_pipe_read vfs_read ksys_read do_syscall_64" },
	{ "pipe",
	  "anon_pipe_write vfs_write ksys_write do_syscall_64" },
	{ "pipe",
	  "wait_for_partner fifo_open do_dentry_open vfs_open "
	  "path_openat do_filp_open do_sys_openat2" },
	{ "unix socket",
	  "unix_stream_read_generic unix_stream_recvmsg sock_recvmsg "
	  "sock_read_iter vfs_read" },
	{ "unix socket",
	  "__skb_wait_for_more_packets __unix_dgram_recvmsg "
	  "sock_recvmsg __sys_recvfrom" },
	{ "unix socket",
	  "sock_alloc_send_pskb unix_stream_sendmsg __sys_sendto "
	  "__x64_sys_sendto" },
	{ "network",
	  "wait_woken sk_wait_data tcp_recvmsg_locked tcp_recvmsg "
	  "sock_recvmsg sock_read_iter" },
	{ "network",
	  "wait_woken sk_stream_wait_memory tcp_sendmsg_locked "
	  "tcp_sendmsg __sys_sendto" },
	{ "network",
	  "inet_csk_accept inet_accept do_accept __sys_accept4 "
	  "__x64_sys_accept4" },
	{ "network",
	  "__skb_wait_for_more_packets __skb_recv_udp udp_recvmsg "
	  "sock_recvmsg __sys_recvfrom" },
	{ "netlink",
	  "__skb_wait_for_more_packets __skb_recv_datagram "
	  "skb_recv_datagram netlink_recvmsg sock_recvmsg" },
	{ "events",
	  "poll_schedule_timeout.constprop.0 do_sys_poll "
	  "__x64_sys_poll do_syscall_64" },
	{ "events",
	  "poll_schedule_timeout.constprop.0 do_select "
	  "core_sys_select do_pselect.constprop.0" },
	{ "events",
	  "do_epoll_wait __x64_sys_epoll_wait do_syscall_64" },
	{ "events",
	  "wait_woken inotify_read vfs_read ksys_read do_syscall_64" },
	{ "futex or lock",
	  "futex_do_wait __futex_wait futex_wait do_futex "
	  "__x64_sys_futex do_syscall_64" },
	{ "futex or lock",
	  "__do_semtimedop do_semtimedop do_syscall_64" },
	{ "timer",
	  "hrtimer_nanosleep __x64_sys_nanosleep do_syscall_64" },
	{ "timer",
	  "hrtimer_nanosleep common_nsleep_timens "
	  "__x64_sys_clock_nanosleep do_syscall_64" },
	{ "timer",
	  "do_wait_intr_irq timerfd_read_iter vfs_read ksys_read "
	  "do_syscall_64" },
	{ "child",
	  "do_wait kernel_wait4 __do_sys_wait4 do_syscall_64" },
	{ "child",
	  "kernel_clone __do_sys_vfork do_syscall_64" },
	{ "file lock",
	  "locks_lock_inode_wait __do_sys_flock do_syscall_64" },
	{ "file lock",
	  "fcntl_setlk do_fcntl __x64_sys_fcntl do_syscall_64" },
	{ "stopped",
	  "do_signal_stop get_signal arch_do_signal_or_restart "
	  "irqentry_exit_to_user_mode" },
	{ "signal",
	  "__do_sys_pause do_syscall_64 entry_SYSCALL_64_after_hwframe" },
	{ "signal",
	  "do_sigtimedwait.isra.0 __x64_sys_rt_sigtimedwait "
	  "do_syscall_64" },
	{ "terminal",
	  "wait_woken n_tty_read tty_read vfs_read ksys_read "
	  "do_syscall_64" },
	{ "message queue",
	  "do_msgrcv do_syscall_64 entry_SYSCALL_64_after_hwframe" },
	{ "disk",
	  "submit_bio_wait blkdev_issue_flush ext4_sync_file do_fsync "
	  "__x64_sys_fsync" },
	{ "disk",
	  "folio_wait_bit folio_wait_writeback "
	  "__filemap_fdatawait_range file_write_and_wait_range "
	  "ext4_sync_file do_fsync" },
	{ "disk",
	  "__ext4_get_inode_loc __ext4_get_inode_loc_noinmem "
	  "__ext4_iget ext4_lookup __lookup_slow walk_component" },
	{ "disk",
	  "__sync_dirty_buffer ext4_write_inode "
	  "ext4_fsync_nojournal.constprop.0 ext4_sync_file" },
	{ "disk",
	  "folio_wait_bit_common filemap_get_pages filemap_read "
	  "vfs_read ksys_read" },
	{ "page fault",
	  "folio_wait_bit_common filemap_fault __do_fault do_fault "
	  "__handle_mm_fault handle_mm_fault exc_page_fault "
	  "asm_exc_page_fault" },
	{ "page fault",
	  "handle_userfault __handle_mm_fault handle_mm_fault "
	  "exc_page_fault asm_exc_page_fault" },
};

static void recorded_stacks_are_of_their_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recorded) / sizeof(*recorded); i++)
		assert_string_equal(reason_of(recorded[i].stack),
				    recorded[i].reason);
}

/* As the sources of these kernels name them. */
static void other_kernels_names_are_known(void **state)
{
	(void)state;
	assert_string_equal(reason_of("pipe_read new_sync_read vfs_read"),
			    "pipe");
	assert_string_equal(reason_of("futex_wait_queue_me futex_wait "
				      "do_futex"), "futex or lock");
	assert_string_equal(reason_of("io_schedule wait_on_page_bit_common "
				      "filemap_read"), "disk");
	assert_string_equal(reason_of("ep_poll do_epoll_wait"), "events");
	assert_string_equal(reason_of("do_wait do_wait4"), "child");
	assert_string_equal(reason_of("posix_lock_inode_wait"), "file lock");
}

static void what_is_not_listed_is_other(void **state)
{
	(void)state;
	assert_string_equal(reason_of("frobnicate do_syscall_64"), "other");
	assert_string_equal(reason_of(""), "other");
	assert_string_equal(reasons_pick(NULL, 0), "other");
	/* A whole name is no beginning, nor is a beginning of it. */
	assert_int_equal(reasons_row("do_waiting"), -1);
	assert_int_equal(reasons_row("do_wai"), -1);
	assert_int_equal(reasons_row("tcp"), -1);
	assert_true(reasons_row("tcp_recvmsg") >= 0);
	assert_int_equal(reasons_row("__tcp_x"), reasons_row("tcp_x"));
	/* The compiler's endings do not count. */
	assert_int_equal(reasons_row("do_wait.part.0"),
			 reasons_row("do_wait"));
}

static void the_innermost_decides_but_for_who_knows_better(void **state)
{
	(void)state;
	assert_string_equal(reason_of("rwsem_down_read_slowpath down_read "
				      "do_user_addr_fault exc_page_fault"),
			    "kernel lock");
	assert_string_equal(reason_of("io_schedule folio_wait_bit_common "
				      "filemap_fault handle_mm_fault "
				      "ext4_file_read_iter"), "page fault");
	assert_string_equal(reason_of("rt_mutex_slowlock futex_lock_pi "
				      "do_futex"), "futex or lock");
	/* The longest of those that fit. */
	assert_string_equal(reason_of("fuse_dev_do_read"), "events");
	assert_string_equal(reason_of("request_wait_answer fuse_simple_request"
				      " fuse_lookup_name"), "fuse");
}

static void kinds_are_fewer(void **state)
{
	(void)state;
	assert_int_equal(reasons_kind("disk"), WAIT_DISK);
	assert_int_equal(reasons_kind("kernel lock"), WAIT_LOCKS);
	assert_int_equal(reasons_kind("unix socket"), WAIT_NETWORK);
	assert_int_equal(reasons_kind("other"), WAIT_OTHER);
	assert_int_equal(reasons_kind("(several)"), WAIT_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_stacks_are_of_their_kind),
		cmocka_unit_test(other_kernels_names_are_known),
		cmocka_unit_test(what_is_not_listed_is_other),
		cmocka_unit_test(
			the_innermost_decides_but_for_who_knows_better),
		cmocka_unit_test(kinds_are_fewer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
