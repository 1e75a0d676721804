# Keeps one broker process, and leaves nothing behind whichever way the tests end.
#
# usage: sh supervise.sh FOLDER COMMAND…
#
# Reads words on standard input: `start`, `stop` (let it end by itself), `kill`, `freeze` (let it hang) and `thaw`. While COMMAND runs, FOLDER/pid holds its process
# id; when it has ended, FOLDER/exit holds its exit code. When the input ends, because the tests dropped the broker or are gone
# themselves (a panic, a signal, a `static` that is never dropped), COMMAND is killed and FOLDER removed.
folder=$1
shift

running() { [ -f "$folder/pid" ] && [ ! -f "$folder/exit" ]; }

while read -r word; do
    case $word in
    start)
        rm -f "$folder/pid" "$folder/exit"
        (
            "$@" </dev/null >>"$folder/broker.log" 2>&1 &
            echo $! >"$folder/pid"
            wait $!
            echo $? >"$folder/exit.new"
            mv "$folder/exit.new" "$folder/exit"
        ) 2>/dev/null & # Where the shell would note that the broker was killed.
        ;;
    stop) running && kill -TERM "$(cat "$folder/pid")" ;;
    kill) running && kill -KILL "$(cat "$folder/pid")" ;;
    freeze) running && kill -STOP "$(cat "$folder/pid")" ;;
    thaw) running && kill -CONT "$(cat "$folder/pid")" ;;
    esac
done
running && kill -KILL "$(cat "$folder/pid")"
wait
rm -rf -- "$folder"
