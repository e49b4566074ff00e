"""SQLite from many threads of one program: a database with one cache that all connections share,
one connection that all use, and a file to which each has its own."""
import sqlite3
import threading

WORKERS = 4
ROWS = 300
SHARED = "file:shared?mode=memory&cache=shared"
start = threading.Barrier(3 * WORKERS)


def connect(name):
    # Connections are closed by another thread than they were opened by.
    return sqlite3.connect(name, uri=True, timeout=60, isolation_level=None,
                           check_same_thread=False)


def insert(connection, worker):
    start.wait()
    for row in range(ROWS):
        while True:
            try:
                connection.execute("INSERT INTO numbers VALUES (?, ?)", (worker, row))
                break
            except sqlite3.OperationalError as error:
                # Time limits do not hold for tables of a shared cache.
                if "locked" not in str(error):
                    raise


databases = []
threads = []
for name, own in ((SHARED, True), ("file::memory:", False), ("file:numbers.db", True)):
    first = connect(name)
    first.execute("PRAGMA synchronous=OFF")
    first.execute("CREATE TABLE numbers(worker INTEGER, number INTEGER)")
    connections = [connect(name) if own else first for _ in range(WORKERS)]
    databases.append((first, connections))
    threads += [threading.Thread(target=insert, args=(connection, worker))
                for worker, connection in enumerate(connections)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for first, connections in databases:
    sums = first.execute("SELECT count(*), sum(number), count(DISTINCT worker) FROM numbers")
    print(*sums.fetchone())
    for connection in {first, *connections}:
        connection.close()
