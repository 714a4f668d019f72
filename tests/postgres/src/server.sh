# A Postgres in a folder of its own, for as long as whoever started this holds its standard input open: however
# that one ends, the server ends as well and the folder is gone. $1: where Postgres' programs are.
# What Ctrl-C tells to all is for the tests; this goes on until they have ended.
trap '' INT TERM HUP
exec 3>&1
folder=$(mktemp -d /tmp/everfold-pg.XXXXXX) || exit 1
cd "$folder" && chmod 755 "$folder" || exit 1
end() {
    [ -n "$server" ] && kill -QUIT "$server" 2>/dev/null && wait "$server"
    cd / && rm -rf "$folder"
}
give_up() {
    sed 's/^/    /' "$folder/log" >&3
    end
    exit 1
}
server=
"$1/initdb" --pgdata=data --username=everfold --auth=trust --encoding=UTF8 --locale=C --no-sync >log 2>&1 </dev/null || give_up
# What durability needs stays on: hosts refuse to work without it. The rest keeps it small.
cat >>data/postgresql.conf <<END
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 300
shared_buffers = 64MB
max_wal_size = 256MB
max_prepared_transactions = 0
log_min_messages = warning
END
"$1/postgres" -D data >log 2>&1 3>&- </dev/null &
server=$!
until "$1/pg_isready" --quiet --host="$folder" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || give_up
    sleep 0.05
done
echo "ready $folder" >&3
cat >/dev/null
end
