#!/usr/bin/env bats
# Every command in the documents is run by a test: each ```console and ```sh block of README.md and docs/*.md, against the list
# documented-commands.

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
        file=${file# } file=${file% } text=${text# }
        [[ $file == 'by hand' ]] || grep --quiet --fixed-strings --regexp "$text" "$root/$file" || {
            echo "$file, which should run '$command', does not contain '$text'"
            return 1
        }
    done < <(listed)
}
