#!/usr/bin/env bats
# The command's arguments and what it calls.
# shellcheck disable=SC2016,SC2154  # fakes are scripts in quotes; bats and helpers set variables

load helpers

@test "no command prints usage" {
    run ./boneyard

    expect 0 'usage: ./boneyard COMMAND'
}

@test "an unknown command suggests the command that starts alike" {
    run ./boneyard tset

    expect 2 "unknown command 'tset'; did you mean 'test'?"
}

@test "an unknown command without a similar one names help" {
    run ./boneyard xyz

    expect 2 "unknown command 'xyz'; ./boneyard help lists the commands"
}

@test "an unknown benchmark lists the benchmarks" {
    run ./boneyard bench nothing

    expect 1 "unknown benchmark 'nothing'; the benchmarks are start, restart, reload and pages"
}

@test "run passes its options to the AppHost" {
    run ./boneyard run --mode=production --http-port=80

    expect 0 "dotnet run --no-build --project $repository/BoneYard.AppHost -- --mode=production --http-port=80"
}

@test "run prefers the dashboard's addresses in the environment to the launch profile" {
    ASPNETCORE_URLS=http://localhost:1 run ./boneyard run

    expect 0 '-e ASPNETCORE_URLS=http://localhost:1 --'
}

@test "run --help prints the AppHost's help without starting the site" {
    run ./boneyard run --help

    expect 0 '-- --help'
    expect_without 'starting the site'
}

@test "a site that a script starts in the background receives Ctrl+C" {
    fake dotnet 'case $1 in --version) echo 10.0.100 ;; run) echo "traps: $(trap -p INT)" ;; esac'

    run bash -c "trap '' INT; ./boneyard run"

    expect 0 'traps: '
    expect_without SIGINT
}

@test "setup restores the Aspire CLI" {
    fake dotnet '[[ $1 != --version ]] || echo 10.0.100; echo "$*" >>calls'

    run ./boneyard setup

    expect 0 'restoring the Aspire CLI'
    grep --line-regexp 'tool restore' calls
}

@test "clean removes nothing without a yes" {
    fake docker 'echo "$*" >>calls'

    run ./boneyard clean <<<no

    expect 1 'nothing was removed'
    [[ ! -e calls ]]
}

@test "clean removes the site's images and the default volumes only" {
    fake docker 'case "$1 $2" in
        "version ") ;;
        "image ls") printf "%s\n" site-psql:0a1b site-py:0a1b site-nginx:0a1b sitedb:ff debian:trixie-slim site-python:1 ;;
        *rm) echo "$*" >>calls ;;
    esac'

    run ./boneyard clean --yes

    expect 0 ''
    diff calls - <<'CALLS'
image rm --force site-psql:0a1b
image rm --force site-py:0a1b
image rm --force site-nginx:0a1b
image rm --force sitedb:ff
volume rm --force boneyard-data boneyard-media
CALLS
}
