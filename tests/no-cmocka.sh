#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Stands in for the unit tests where cmocka is missing, so that the sum of
# make check says it.
echo "1..0 # SKIP build: cmocka is not installed, no unit tests"
