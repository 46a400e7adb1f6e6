# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion of smbsysacct in fish. What there is to complete is asked of the
# program: "smbsysacct --list=lists".

# The first words of that list, with what is said of each.
function __smbsysacct_list
    smbsysacct --list=$argv[1] 2>/dev/null | string replace -r '\s+' '\t'
end

# Options that take what follows them as a word of its own, and of these the
# ones that take one more.
set -g __smbsysacct_taking
set -g __smbsysacct_two
for line in (smbsysacct --list=options 2>/dev/null)
    set -l fields (string match -r '^(\S+)\s+(\S+)\s+(\S+)\s+(.*)' -- $line)[2..5]
    if test "$fields[3]" != none
        for name in $fields[1..2]
            test "$name" = -; and continue
            set -a __smbsysacct_taking $name
            test "$fields[3]" = files; and set -a __smbsysacct_two $name
        end
    end
end

# The command and its arguments, with the word at the cursor, a line each; that
# may be an option's.
function __smbsysacct_command
    set -g __smbsysacct_more
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        set -l word $words[1]
        switch $word
            case --
                set -e words[1]
                break
            case '--*'
                set -e words[1]
                contains -- $word $__smbsysacct_taking; and set -e words[1]
                contains -- (string replace -r '=.*' '' -- $word) $__smbsysacct_two; and set -g __smbsysacct_more yes
            case '-*'
                set -e words[1]
                # Letters in one word: the first with an argument ends it.
                set -l letters (string split '' -- (string sub -s 2 -- $word))
                while set -q letters[1]
                    if contains -- -$letters[1] $__smbsysacct_taking
                        set -q letters[2]; or set -e words[1]
                        break
                    end
                    set -e letters[1]
                end
            case '*'
                test -n "$__smbsysacct_more"; or break
                set -g __smbsysacct_more
                set -e words[1]
        end
    end
    printf '%s\n' $words (commandline -ct)
end

function __smbsysacct_in_command
    set -l words (__smbsysacct_command)
    test (count $words) -gt 1
end

# It begins with no dash, unless there is one more word.
function __smbsysacct_complete_command
    set -l words (__smbsysacct_command)
    if test -n "$__smbsysacct_more"
        __fish_complete_path (commandline -ct)
    else if not string match -q -- '-*' $words[1]
        __fish_complete_subcommand --commandline $words
    end
end

# Lists separated by commas: what has been typed, and one more.
function __smbsysacct_append
    set -l typed (commandline -ct | string replace -r '^(--[^=]*=|-[a-zA-Z])' '')
    set -l before (string match -r $argv[1] -- "$typed")
    printf '%s\n' "$before"$argv[2..]
end

function __smbsysacct_numbers
    string match -r '^/proc/\d+$' /proc/*
end

# One may have ended since.
function __smbsysacct_pids
    for line in (grep -sH . (__smbsysacct_numbers)/comm)
        set -l fields (string match -r '^/proc/(\d+)/comm:(.*)' -- $line)
        printf '%s\t%s\n' $fields[2] (string escape -n -- $fields[3])
    end
end

function __smbsysacct_values
    switch $argv[1]
        case 'choice:*'
            string split , -- (string replace choice: '' -- $argv[1])
        case calls
            __smbsysacct_append '^(?:trace=)?!?(?:.*,)?' (__smbsysacct_list %class) (__smbsysacct_list syscalls)
        case columns dims
            __smbsysacct_append '^.*,' (__smbsysacct_list $argv[1])
        case column
            __smbsysacct_list columns
        case collectors formats
            __smbsysacct_list $argv[1]
        case lists
            __smbsysacct_list lists
            __smbsysacct_list %class
        case pids
            __smbsysacct_append '^.*,' (__smbsysacct_pids)
        case programs
            readlink (__smbsysacct_numbers)/exe 2>/dev/null | string replace -r '.*/' '' | string replace ' (deleted)' '' | sort -u
        case cgroup
            __fish_complete_directories (commandline -ct | string replace -r '^--[^=]*=' '' | string replace -r '^$' /sys/fs/cgroup/)
    end
end

for line in (smbsysacct --list=options 2>/dev/null)
    set -l fields (string match -r '^(\S+)\s+(\S+)\s+(\S+)\s+(.*)' -- $line)[2..5]
    set -l option -c smbsysacct -n 'not __smbsysacct_in_command' -d $fields[4]
    test $fields[1] = -; or set -a option -s (string sub -s 2 -- $fields[1])
    test $fields[2] = -; or set -a option -l (string sub -s 3 -- $fields[2])
    switch $fields[3]
        case none
            complete $option
        case file files
            complete $option -r -F
        case number text
            complete $option -x
        case '*'
            complete $option -x -a "(__smbsysacct_values $fields[3])"
    end
end

# The command is completed as if it stood alone.
complete -c smbsysacct -x -a '(__smbsysacct_complete_command)'
