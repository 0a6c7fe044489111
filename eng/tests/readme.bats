#!/usr/bin/env bats
# Every command in the documents is run by a test: each ```console and ```sh block of README.md and docs/*.md, against the list
# documented-commands.
# shellcheck disable=SC2154  # bats sets $output

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
list=$BATS_TEST_DIRNAME/documented-commands

# The commands, one a line. In a console block they begin with "$ "; a "\" at the end continues a command.
documented_commands() {
    cat "$root"/README.md "$root"/docs/*.md 2>/dev/null | awk '
        /^```/ { block = substr($0, 4); command = ""; next }
        block != "console" && block != "sh" { next }
        command == "" && block == "console" && !/^\$ / { next }
        { sub(/^\$ /, ""); sub(/^ +/, "") }
        /^(#|$)/ { next }
        sub(/ *\\$/, "") { command = command $0 " "; next }
        { print command $0; command = "" }' | sort --unique
}

listed() {
    grep --invert-match '^#' "$list"
}

@test "every documented command is in the list, and the list has no others" {
    diff <(listed | sed 's/ | .*//' | sort --unique) <(documented_commands)
}

@test "the file that runs a documented command contains it" {
    while IFS='|' read -r command file text; do
        file=${file// /} text=${text# }
        [[ $file == here ]] || grep --quiet --fixed-strings --regexp "$text" "$root/$file" || {
            echo "$file, which should run '$command', does not contain '$text'"
            return 1
        }
    done < <(listed)
}

@test "the documents show the output of the commands that run here" {
    cd "$root"
    while IFS= read -r command; do
        run bash -c "$command"
        [[ $status == 0 ]]
        diff <(awk -v command="\$ $command" '/^(```|\$ )/ { shown = 0 } shown; $0 == command { shown = 1 }' README.md) <(echo "$output")
    done < <(listed | sed -n 's/ | here$//p')
}
