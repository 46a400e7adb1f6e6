#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The arrows between the folders of src/, and the doors of the libraries.

# shellcheck source=tests/lint/lint.sh
. "$(dirname "$0")/lint.sh"

# includes: FILE, line, " or <, path: one include a line.
includes()
{
	# shellcheck disable=SC2046
	(cd "$top_srcdir" && awk '
	match($0, /^[ \t]*#[ \t]*include[ \t]*[<"]/) {
		kind = substr($0, RLENGTH, 1)
		path = substr($0, RLENGTH + 1)
		sub(/[>"].*/, "", path)
		print FILENAME, FNR, kind, path
	}' $(sources src))
}

# One row per folder (or top file): what its files may include. A folder may
# always include itself.
arrows()
{
	includes | awk '
	BEGIN {
		may["base"] = ""
		may["record"] = "base model"
		may["model"] = "base"
		may["acct"] = may["smb2"] = may["symbols"] = \
			may["export"] = "base model"
		may["compare"] = "base model record acct/snapshot.h " \
			"report/column.h"
		may["collect"] = "base model record symbols"
		may["report"] = "base model acct/snapshot.h"
		may["tui"] = "base model acct/snapshot.h smb2 report " \
			"compare export"
		may["target"] = "base model options"
		may["option_args"] = may["option_use"] = ""
		may["about"] = "base model collect record report export " \
			"options"
		may["choose"] = "base model collect options report"
		may["refusals"] = "base collect"
		may["setup"] = may["choose"] " choose acct/snapshot.h"
		may["check"] = may["setup"] " acct setup target"
		may["options"] = "base model acct smb2 collect report " \
			"compare export target compare_options " \
			"contrast_options detail_options tail_options " \
			"smb_options record_options target_options " \
			"listen_options option_args"
		may["compare_options"] = "base model compare report options option_use"
		may["contrast_options"] = "base model report options option_use"
		may["detail_options"] = "base model report options"
		may["tail_options"] = "base model report options"
		may["listen_options"] = "base model report export options option_use"
		may["smb_options"] = "base model report options option_use"
		may["target_options"] = "base model report options"
		may["record_options"] = "base model report options option_use"
		may["recording"] = "acct record"
		may["printed"] = "base report"
		may["share"] = "base model acct collect export"
		may["signals"] = "base"
		may["keep"] = "base"
		may["show"] = may["options"] " options keep tui"
		may["tell"] = "acct base collect options refusals show"
		may["session"] = may["options"] " options signals choose refusals " \
			"setup share show tell session_parts printed " \
			"judged"
		may["session_parts"] = may["session"] " session recording"
		may["session_show"] = may["session_record"] = \
			may["session_budget"] = may["session_ends"] = \
			may["session_listen"] = may["session_parts"]
		may["replay_parts"] = may["session"] " session record replay"
		may["replay"] = may["replay_show"] = may["replay_parts"] \
			" replay_parts"
		may["judged"] = "base model acct/snapshot.h compare session"
		may["contrast_print"] = "base report compare"
		may["forecast"] = "base model report compare options " \
			"session target"
		may["forecast_print"] = "base report forecast"
		may["contrast"] = "base collect report compare options " \
			"signals session contrast_print forecast"
		may["diff_print"] = "base report compare options"
		may["diff_verdict"] = "base diff_print"
		may["diff"] = "base report compare options session replay " \
			"judged diff_print"
		may["main"] = may["session"] " session about check contrast " \
			"diff replay"
	}
	function layer(path)
	{
		sub(/^src\//, "", path)
		if (path ~ /\//)
			sub(/\/.*/, "", path)
		else
			sub(/\..*/, "", path)
		return path
	}
	$3 == "\"" {
		to = $4
		if (to == "config.h")
			next
		from = layer($1)
		if (!(from in may)) {
			print $1 ": the folder is not in the table of " \
				"tests/lint/arrows.sh"
			next
		}
		if (layer(to) == from)
			next
		n = split(may[from], ok, " ")
		for (i = 1; i <= n; i++)
			if (ok[i] == layer(to) || ok[i] == to)
				next
		print $1 ":" $2 ": " from " must not include " to
	}'
}

# Quoted includes are paths from src/, so that a reader sees the folder.
resolves()
{
	includes | grep ' " ' | while read -r file line _ path; do
		case $path in
		config.h | model/syscalls_new.h | model/classes_table.h | \
			report/flame_assets.h | model/reasons_table.h | \
			model/arguments_table.h | \
			*.skel.h)
			continue ;;
		esac
		test -e "$top_srcdir/src/$path" ||
			echo "$file:$line: no file src/$path"
	done
}

# doors: one line per library header that is seen outside its door.
doors()
{
	includes | awk '
	BEGIN {
		door["jansson.h"] = \
			"^src/(report/(json|read|tree)|smb2/status)\\.c$"
		door["libaudit.h"] = "^src/(model/syscall\\.c$|collect/audit)"
		door["auparse.h"] = "^src/collect/audit"
		door["seccomp.h"] = "^src/(model/syscall\\.c$|collect/seccomp)"
		door["elfutils/"] = door["dwarf.h"] = \
			door["libelf.h"] = door["gelf.h"] = door["lzma.h"] = \
			door["libiberty/"] = "^src/symbols/"
		door["microhttpd.h"] = "^src/export/listener\\.c$"
		door["zstd"] = "^src/record/squeeze\\.c$"
		door["bpf/"] = "^src/collect/bpf/"
		door["ncurses"] = door["curses.h"] = door["term.h"] = \
			"^src/tui/term\\.c$"
	}
	{
		for (lib in door)
			if (index($4, lib) == 1 && $1 !~ door[lib])
				print $1 ":" $2 ": " $4 " is let in by " \
					door[lib] " only"
	}'
}

# If nothing is found, the greps above are broken, not the tree clean.
some()
{
	test "$(includes | wc -l)" -gt 10 || echo "no include lines found"
}

rule "include lines are found" some
rule "includes follow the arrows between the folders" arrows
rule "quoted includes are paths from src/" resolves
rule "a library's header is included behind its one door" doors
end_rules
