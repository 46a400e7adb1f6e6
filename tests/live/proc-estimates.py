#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""A few runs of the estimates; full-proc-estimates.sh has enough of them."""

import estimates
import live

live.run(estimates.main)
