#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kills of seccomp-kill.py, 200 of them.

exec /usr/bin/python3 -B "$(dirname "$0")/seccomp-kill.py" 200
