# SPDX-License-Identifier: GPL-2.0-or-later
#
# classes.csv to rows of C: { name, classes as bits }. Any line that is not
# a comment has to be right: a table with holes would select too little.

BEGIN {
	FS = ","
	n = split("desc file memory process creds signal ipc network stat " \
		"lstat fstat %stat statfs fstatfs %statfs pure clock wait bytes " \
		"fd newfd",
		names, " ")
	print "/* Made from data/classes.csv. */"
	print "static const char *const class_names[] = {"
	for (i = 1; i <= n; i++) {
		bit[names[i]] = 2 ^ (i - 1)
		print "\t\"" names[i] "\","
	}
	print "};\n\n/* Sorted by name. */"
	print "static const struct class_row {\n\tconst char *name;"
	print "\tunsigned classes;\n} class_table[] = {"
}
/^#/ { next }
NF != 2 || $1 !~ /^[a-z_][a-z0-9_]*$/ {
	print "classes.csv:" NR ": cannot read: " $0 >"/dev/stderr"
	exit 1
}
$1 <= last {
	print "classes.csv:" NR ": not sorted: " $1 >"/dev/stderr"
	exit 1
}
{
	last = $1
	bits = 0
	k = split($2, word, " ")
	for (i = 1; i <= k; i++) {
		if (!(word[i] in bit)) {
			print "classes.csv:" NR ": no class " word[i] \
				>"/dev/stderr"
			exit 1
		}
		bits += bit[word[i]]
	}
	printf "\t{ \"%s\", 0x%x },\n", $1, bits
}
END { print "};" }
