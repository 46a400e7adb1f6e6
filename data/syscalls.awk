# SPDX-License-Identifier: GPL-2.0-or-later
# data/syscalls.csv as a C table.
BEGIN {
	FS = ","
	print "/* Generated from data/syscalls.csv by data/syscalls.awk. */"
	print "static const struct {"
	print "\tint nr;"
	print "\tconst char *abi, *name;"
	print "} syscalls_new[] = {"
}
/^#/ || NF == 0 { next }
NF != 3 || $1 !~ /^[0-9]+$/ || $3 !~ /^[a-z0-9_]+$/ {
	print FILENAME ":" FNR ": not nr,abi,name: " $0 > "/dev/stderr"
	exit 1
}
{ printf "\t{ %d, \"%s\", \"%s\" },\n", $1, $2, $3 }
END { print "};" }
