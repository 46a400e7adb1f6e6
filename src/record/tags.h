/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an item of a block begins with. */
#ifndef RECORD_TAGS_H
#define RECORD_TAGS_H

enum tag {
	TAG_LABEL = 'L',
	TAG_NAME = 'N',
	TAG_EXIT = 'X',
	TAG_NOTE = 'T',
	TAG_CELL = 'C',
	TAG_HIST = 'H',
	TAG_SLOW = 'S',
	TAG_LOST = 'K',
	TAG_GAUGES = 'G',
	TAG_MACHINE = 'M',
	TAG_PROGRAMS = 'P',
	TAG_END = '.',
};

#endif
