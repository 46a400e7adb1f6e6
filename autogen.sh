#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes ./configure, which a git checkout does not have.
cd "$(dirname "$0")" && exec autoreconf -fi
