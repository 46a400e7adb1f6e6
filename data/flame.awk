# SPDX-License-Identifier: GPL-2.0-or-later
#
# A script or a style sheet to a string of C, with its SHA-256 in base64, as
# a content security policy wants it: -v name=NAME -v sha256=HEX

function digit(i)	# the value of a hexadecimal digit of sha256, from 1
{
	return index("0123456789abcdef", substr(sha256, i, 1)) - 1
}

# Three hexadecimal digits are two of base64; 64 and two zeros are 22 times
# three.
function base64(	i, bits, text)
{
	sha256 = sha256 "00"
	for (i = 1; i <= 64; i += 3) {
		bits = digit(i) * 256 + digit(i + 1) * 16 + digit(i + 2)
		text = text substr(alphabet, int(bits / 64) + 1, 1)
		text = text substr(alphabet, bits % 64 + 1, 1)
	}
	return substr(text, 1, 43) "="
}

BEGIN {
	alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
		"abcdefghijklmnopqrstuvwxyz0123456789+/"
	if (sha256 !~ /^[0-9a-f]+$/ || length(sha256) != 64) {
		print "flame.awk: no SHA-256 of " name >"/dev/stderr"
		exit 1
	}
	print "static const char " name "_sha256[] = \"" base64() "\";"
	print "static const char " name "[] ="
}
/[^\t -~]/ || /<\// || /]]>/ || /\?\?/ {
	print name ":" NR ": has to be ASCII that can be put into " \
		"HTML, XML and C: " $0 >"/dev/stderr"
	exit 1
}
{
	gsub(/["\\]/, "\\\\&")
	gsub(/\t/, "\\t")
	print "\t\"" $0 "\\n\""
}
END { print "\t;" }
