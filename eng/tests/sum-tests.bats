#!/usr/bin/env bats
# How ./boneyard test counts.

load helpers

# part NAME STATUS TESTCASES: what one part leaves behind.
part() {
    mkdir -p results
    printf '<testsuites><testsuite>%s</testsuite></testsuites>' "$3" >"results/$1.xml"
    echo "$2" >"results/$1.status"
    echo "the log of $1" >"results/$1.log"
}

@test "passed tests of all parts are summed" {
    part scripts 0 '<testcase name="a"/><testcase name="b"><system-out>words</system-out></testcase>'
    part blog 0 '<testcase name="c"/>'

    run eng/sum-tests results scripts blog

    expect 0 'scripts: 2 passed, 0 failed'
    [[ ${lines[-1]} == '3 passed, 0 failed' ]]
}

@test "failures, errors and skipped tests count as failed and are shown" {
    part blog 1 '<testcase name="a"/>
        <testcase classname="posts" name="b"><failure message="expected 1">got 2</failure></testcase>
        <testcase name="c"><error message="no database"/></testcase>
        <testcase name="d"><skipped message="no engine"/></testcase>'

    run eng/sum-tests results blog

    expect 1 $'blog: failure: posts b\n    expected 1\n    got 2'
    expect 1 'no database'
    expect 1 'no engine'
    [[ ${lines[-1]} == '1 passed, 3 failed' ]]
}

@test "a part without a report counts as one failure" {
    part blog 139 ''
    rm results/blog.xml

    run eng/sum-tests results blog

    [[ ${lines[-1]} == '0 passed, 1 failed' ]]
}

@test "a part that crashed after its report counts as one failure, with its log" {
    part blog 139 '<testcase name="a"/>'

    run eng/sum-tests results blog

    expect 1 'blog ran 1 tests and exited with 139'
    expect 1 'the log of blog'
    [[ ${lines[-1]} == '1 passed, 1 failed' ]]
}

@test "a part that ran no test counts as one failure" {
    part blog 0 ''

    run eng/sum-tests results blog

    [[ ${lines[-1]} == '0 passed, 1 failed' ]]
}
