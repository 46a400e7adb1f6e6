#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The estimates lie inside their intervals in at least 18 of 20 runs.

RUNS=20 INSIDE=18
export RUNS INSIDE
exec "$(dirname "$0")/proc-estimates.py"
