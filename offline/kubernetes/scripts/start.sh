# start NAME COMMAND...: starts a program in the background. $LOGS/NAME.log has its output, and $LOGS/NAME.ended its exit code once it
# has ended: no program of a cluster should.
start() {
    name=$1
    shift
    {
        code=0
        "$@" >"$LOGS/$name.log" 2>&1 </dev/null || code=$?
        echo "$code" >"$LOGS/$name.ended"
    } &
}
