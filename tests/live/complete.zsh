# SPDX-License-Identifier: GPL-2.0-or-later
#
# What zsh would complete: read as .zshrc by a zsh on a terminal. For each line
# of $COMPLETE_LINES it writes the line and what is offered for its last word,
# each after a tab, to $COMPLETE_OUT, and ends.

fpath=($COMPLETE_FPATH $fpath)
autoload -U compinit
compinit -u -D
PROMPT=
unsetopt beep list_beep

# What would be added is written down instead. With these options it is no
# match yet, but what a completer wants to know.
compadd() {
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
		builtin compadd "$@"
		return
	fi
	local -a hits
	local -A before
	local hit
	builtin compadd -A hits "$@"
	zparseopts -E -A before P: p:
	for hit in $hits; do
		print -r -- $'\t'"$IPREFIX$before[-P]$before[-p]$hit" >>$COMPLETE_OUT
	done
	(( $#hits ))
}

zle-line-init() {
	local line
	for line in ${(f)"$(<$COMPLETE_LINES)"}; do
		print -r -- "$line" >>$COMPLETE_OUT
		BUFFER=$line
		CURSOR=$#BUFFER
		zle complete-word
	done
	exit
}
zle -N zle-line-init
