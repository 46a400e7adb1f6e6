/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names as their authors wrote them: C++ and Rust, of which the compiler
 * makes one word, by libiberty where it is built in.
 */
#ifndef SYMBOLS_DEMANGLE_H
#define SYMBOLS_DEMANGLE_H

#include <stddef.h>

/*
 * @name, written into @buf without its parameters where it is a mangled one;
 * @name itself where it is not. What is longer than @size takes is cut, so
 * that a name that unfolds for ever ends as well: whoever built the program
 * chose it.
 */
const char *demangle(const char *name, char *buf, size_t size);

#endif
