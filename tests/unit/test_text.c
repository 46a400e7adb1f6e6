/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <string.h>

#include "base/text.h"

/* All of @src, with a guard behind the end of what may be written. */
static void check(const char *src, const char *wanted)
{
	char buf[256];

	memset(buf, '#', sizeof(buf));
	assert_ptr_equal(text_untrusted(buf, sizeof(buf), src), buf);
	assert_string_equal(buf, wanted);
	assert_int_equal(buf[strlen(wanted) + 1], '#');
}

static void plain_text_stays(void **state)
{
	static const char *const cases[] = {
		"", "smbd", "smbd[10.0.0.1]",
		" !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~",
		"caf\xc3\xa9", "\xe2\x82\xac 5", "\xf0\x9f\x98\x80",
		"\xc2\xa0", "\xd7\xa9\xd7\x9c", "\xef\xbf\xbd",
		"\xf4\x8f\xbf\xbd",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		check(cases[i], cases[i]);
}

static void every_single_byte(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char src[] = { 'a', (char)c, 'b', '\0' };
		char wanted[16];
		bool stays = c >= 0x20 && c < 0x7f && c != '\\';

		snprintf(wanted, sizeof(wanted), stays ? "a%cb" : "a\\%03ob",
			 c);
		check(src, wanted);
	}
}

static void control_characters_are_escaped(void **state)
{
	(void)state;
	check("\033[31mred\033[0m", "\\033[31mred\\033[0m");
	check("a\nb\tc\r", "a\\012b\\011c\\015");
	check("\a\b\x7f", "\\007\\010\\177");
	/* C1, as UTF-8: a one-character CSI, and the ends of the range. */
	check("\xc2\x9b" "31m", "\\302\\23331m");
	check("\xc2\x80", "\\302\\200");
	check("\xc2\x9f", "\\302\\237");
	check("\xc2\xa1", "\xc2\xa1");
	/* A bare C1 byte, as an 8-bit terminal takes it. */
	check("\x9b" "31m", "\\23331m");
}

static void what_looks_like_an_escape_is_told_apart(void **state)
{
	(void)state;
	check("\\033", "\\134033");
	check("\\", "\\134");
}

static void text_is_not_reordered(void **state)
{
	(void)state;
	check("\xe2\x80\xae" "cod.exe", "\\342\\200\\256cod.exe");
	check("\xd8\x9c", "\\330\\234");		/* U+061C */
	check("\xe2\x80\x8e", "\\342\\200\\216");	/* U+200E */
	check("\xe2\x80\x8f", "\\342\\200\\217");	/* U+200F */
	check("\xe2\x80\xa8", "\\342\\200\\250");	/* U+2028 */
	check("\xe2\x80\xa9", "\\342\\200\\251");	/* U+2029 */
	check("\xe2\x80\xaa", "\\342\\200\\252");	/* U+202A */
	check("\xe2\x81\xa6", "\\342\\201\\246");	/* U+2066 */
	check("\xe2\x81\xa9", "\\342\\201\\251");	/* U+2069 */
	/* Their neighbours are harmless. */
	check("\xe2\x80\xa7", "\xe2\x80\xa7");
	check("\xe2\x80\xaf", "\xe2\x80\xaf");
}

static void ill_formed_utf8_is_escaped(void **state)
{
	static const struct {
		const char *src, *wanted;
	} cases[] = {
		/* overlong forms of '/', NUL and U+FFFF */
		{ "\xc0\xaf", "\\300\\257" },
		{ "\xc1\xbf", "\\301\\277" },
		{ "\xc0\x80", "\\300\\200" },
		{ "\xe0\x80\xaf", "\\340\\200\\257" },
		{ "\xe0\x9f\xbf", "\\340\\237\\277" },
		{ "\xf0\x80\x80\xaf", "\\360\\200\\200\\257" },
		{ "\xf0\x8f\xbf\xbf", "\\360\\217\\277\\277" },
		/* an overlong escape character */
		{ "\xc0\x9b", "\\300\\233" },
		/* surrogates, and beyond U+10FFFF */
		{ "\xed\xa0\x80", "\\355\\240\\200" },
		{ "\xed\xbf\xbf", "\\355\\277\\277" },
		{ "\xf4\x90\x80\x80", "\\364\\220\\200\\200" },
		{ "\xf5\x80\x80\x80", "\\365\\200\\200\\200" },
		{ "\xf8\x88\x80\x80\x80", "\\370\\210\\200\\200\\200" },
		{ "\xff\xfe", "\\377\\376" },
		/* cut short, by the end and by another character */
		{ "\xc3", "\\303" },
		{ "\xe2\x82", "\\342\\202" },
		{ "\xe2", "\\342" },
		{ "\xf0\x9f\x98", "\\360\\237\\230" },
		{ "\xe2\x82" "A", "\\342\\202A" },
		{ "\xe2\xc3\xa9", "\\342\xc3\xa9" },
		{ "\xc3\xc3\xa9", "\\303\xc3\xa9" },
		/* a continuation without a beginning */
		{ "\xa9z", "\\251z" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		check(cases[i].src, cases[i].wanted);
}

/* Length of the character or escape at @s of what was made safe. */
static size_t unit_len(const char *s)
{
	unsigned char c = (unsigned char)*s;

	return c == '\\' ? 4 : c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static void cuts_at_whole_characters(void **state)
{
	static const char src[] = "a\xc3\xa9\033\xe2\x82\xac\xff"
				  "b\xf0\x9f\x98\x80\\c";
	char whole[128];

	(void)state;
	text_untrusted(whole, sizeof(whole), src);
	for (size_t size = 1; size <= strlen(whole) + 2; size++) {
		char buf[128];
		size_t fits = 0;

		while (whole[fits] &&
		       fits + unit_len(whole + fits) <= size - 1)
			fits += unit_len(whole + fits);
		memset(buf, '#', sizeof(buf));
		text_untrusted(buf, size, src);
		assert_int_equal(strlen(buf), fits);
		assert_memory_equal(buf, whole, fits);
		for (size_t i = size; i < sizeof(buf); i++)
			assert_int_equal(buf[i], '#');
	}
}

/* The bytes that @text stands for. */
static size_t undo(char *dst, const char *text)
{
	size_t n = 0;

	while (*text) {
		if (*text != '\\') {
			dst[n++] = *text++;
			continue;
		}
		dst[n++] = (char)((text[1] - '0') << 6 |
				  (text[2] - '0') << 3 | (text[3] - '0'));
		text += 4;
	}
	return n;
}

/* Whatever the bytes: nothing is lost, no control byte gets through. */
static void random_bytes_are_safe_and_kept(void **state)
{
	static const char likely[] = "a\\\033\x7f\x9b\xc2\xc3\xe2\x80\xae"
				     "\x81\xa6\xd8\x9c\xf0\xed\xa0";
	struct rng rng = { 1 };

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char src[24], safe[128], back[128];
		size_t len = rng_below(&rng, sizeof(src));

		for (size_t i = 0; i < len; i++)
			src[i] = rng_below(&rng, 2) ?
				 likely[rng_below(&rng, N_OF(likely) - 1)] :
				 (char)(1 + rng_below(&rng, 255));
		src[len] = '\0';
		text_untrusted(safe, sizeof(safe), src);
		for (const char *p = safe; *p; p++) {
			assert_true((unsigned char)*p >= 0x20);
			assert_true(*p != 0x7f);
		}
		assert_int_equal(undo(back, safe), len);
		assert_memory_equal(back, src, len);
		/* Safe text has nothing left to escape but the escapes. */
		assert_null(strstr(safe, "\xe2\x80\xae"));
		assert_null(strstr(safe, "\xc2\x9b"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays),
		cmocka_unit_test(every_single_byte),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(what_looks_like_an_escape_is_told_apart),
		cmocka_unit_test(text_is_not_reordered),
		cmocka_unit_test(ill_formed_utf8_is_escaped),
		cmocka_unit_test(cuts_at_whole_characters),
		cmocka_unit_test(random_bytes_are_safe_and_kept),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
