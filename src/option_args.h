/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the arguments of options are, for programs that complete command
 * lines. The word that stands for an argument in --help says it, so that the
 * two cannot differ.
 */
#ifndef OPTION_ARGS_H
#define OPTION_ARGS_H

/*
 * "file", "files" of two, the second as a word of its own, "number",
 * "choice:auto,fp,dwarf", or the WHAT of a --list that has the words; "none"
 * of NULL, "text" of what nobody can foresee.
 */
const char *option_arg_kind(const char *arg);

#endif
