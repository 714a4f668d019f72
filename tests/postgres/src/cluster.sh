# A Postgres of one test in a folder of its own, which is started, killed and followed as the lines on the standard
# input say; each is answered by "done". Once that input ends, however that comes, so do the servers, and the folder
# is gone. $1: where Postgres' programs are.
trap '' INT TERM HUP
exec 3>&1
folder=$(mktemp -d /tmp/everfold-pg.XXXXXX) || exit 1
cd "$folder" && chmod 755 "$folder" || exit 1
server=
fail() {
    sed 's/^/    /' log >&3
    end
    exit 1
}
end() {
    [ -n "$server" ] && kill -QUIT "$server" 2>/dev/null && wait "$server"
    cd / && rm -rf "$folder"
}
# Serves the data in the folder $1.
start() {
    "$bin/postgres" -D "$1" >>log 2>&1 3>&- </dev/null &
    server=$!
    until "$bin/pg_isready" --quiet --host="$folder" 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || fail
        sleep 0.05
    done
}
# Ends the server and all that it started as a machine that loses its power does.
crash() {
    children=$(ps -o pid= --ppid "$server")
    # shellcheck disable=SC2086 # these are several words
    kill -KILL "$server" $children 2>/dev/null
    wait "$server" 2>/dev/null
    server=
    # A new one does not start before the old ones are gone.
    for child in $children; do
        while kill -0 "$child" 2>/dev/null; do sleep 0.01; done
    done
}
bin=$1
"$bin/initdb" --pgdata=data --username=everfold --auth=trust --encoding=UTF8 --locale=C --no-sync >log 2>&1 </dev/null || fail
cat >>data/postgresql.conf <<END
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 100
shared_buffers = 32MB
max_wal_size = 256MB
END
start data
echo "ready $folder" >&3
while read -r command; do
    case $command in
    crash) crash ;;
    start) start data ;;
    # A second server as it would be if it followed this one, up to now.
    copy) "$bin/pg_basebackup" --host="$folder" --username=everfold --pgdata=replica --checkpoint=fast --write-recovery-conf --no-sync >>log 2>&1 </dev/null || fail ;;
    # The second one takes the place of the first.
    promote) start replica && "$bin/pg_ctl" -D replica --silent promote >>log 2>&1 </dev/null || fail ;;
    esac
    echo done >&3
done
end
