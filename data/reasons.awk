# SPDX-License-Identifier: GPL-2.0-or-later
#
# reasons.csv to rows of C: { name, its length, whether it is all of the name,
# reason, reasons as bits that it knows better than }. Any line that is not a
# comment has to be right.

BEGIN {
	FS = ","
	print "/* Made from data/reasons.csv. */"
}
/^#/ { next }
NF < 4 || $1 !~ /^([a-z0-9][a-z_0-9]*)?[*]?$/ || $2 !~ /^[a-z][a-z_ ]*$/ {
	print "reasons.csv:" NR ": cannot read: " $0 >"/dev/stderr"
	exit failed = 1
}
$1 <= last {
	print "reasons.csv:" NR ": not sorted: " $1 >"/dev/stderr"
	exit failed = 1
}
{
	last = name[++n] = $1
	reason[n] = $2
	better[n] = $3
	if (!($2 in number)) {
		number[$2] = reasons++
		words[number[$2]] = $2
	}
}
END {
	if (failed)
		exit 1
	if (reasons > 32) {
		print "reasons.csv: too many reasons" >"/dev/stderr"
		exit 1
	}
	print "static const char *const reason_names[] = {"
	for (i = 0; i < reasons; i++)
		print "\t\"" words[i] "\","
	print "};\n\n/* Sorted by name. */"
	print "static const struct reason_row {\n\tconst char *name;"
	print "\tunsigned char len;\n\tbool whole;\n\tunsigned char reason;"
	print "\tunsigned better;\n} reason_table[] = {"
	for (i = 1; i <= n; i++) {
		bits = 0
		k = split(better[i], word, ";")
		for (j = 1; j <= k; j++) {
			if (!(word[j] in number)) {
				print "reasons.csv: no reason " word[j] \
					>"/dev/stderr"
				exit 1
			}
			bits += 2 ^ number[word[j]]
		}
		whole = name[i] !~ /[*]$/
		sub(/[*]$/, "", name[i])
		printf "\t{ \"%s\", %d, %d, %d, 0x%x },\n", name[i],
			length(name[i]), whole, number[reason[i]], bits
	}
	print "};"
}
