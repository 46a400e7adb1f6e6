// SPDX-License-Identifier: GPL-2.0-or-later
/* A library of one function, for probed. */
int library_work(int n);

int library_work(int n)
{
	return 2 * n;
}
