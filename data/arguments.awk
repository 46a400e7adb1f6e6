# SPDX-License-Identifier: GPL-2.0-or-later
#
# arguments.csv to rows of C: { name, arguments }, sorted by name.

BEGIN {
	FS = ","
	print "/* Made from data/arguments.csv. */"
	print "static const struct arguments_row {\n\tconst char *name;"
	print "\tconst char *as;\n} arguments_table[] = {"
}
/^#/ { next }
NF != 2 || $1 !~ /^[a-z_][a-z0-9_]*$/ || $2 !~ /^[dfopux]*$/ ||
length($2) > 6 {
	print "arguments.csv:" NR ": cannot read: " $0 >"/dev/stderr"
	exit 1
}
$1 <= last {
	print "arguments.csv:" NR ": not sorted: " $1 >"/dev/stderr"
	exit 1
}
{
	last = $1
	print "\t{ \"" $1 "\", \"" $2 "\" },"
}
END { print "};" }
