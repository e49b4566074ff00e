"""Loads a memcached on a port of 127.0.0.1 from many connections at once, checks every answer, and
prints what the server counted."""
import socket
import sys
import threading

CONNECTIONS = 16
ROUNDS = 500
failures = []


class Connection:
    def __init__(self):
        connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = connection.makefile("rwb")

    def ask(self, question, *answer):
        self.stream.write(question.encode() + b"\r\n")
        self.stream.flush()
        for expected in answer:
            line = self.stream.readline().decode()
            if line != expected + "\r\n":
                failures.append(f"{question!r}: {line!r} and not {expected!r}")

    def statistics(self):
        self.ask("stats")
        lines = iter(self.stream.readline, b"END\r\n")
        return dict(line.decode().split()[1:3] for line in lines)


def load(number):
    connection = Connection()
    for turn in range(ROUNDS):
        # Half of the keys are overwritten: the server evicts and frees while others read.
        key = f"key-{number}-{turn % (ROUNDS // 2)}"
        value = f"{number} {turn}"
        connection.ask(f"set {key} 0 0 {len(value)}\r\n{value}", "STORED")
        connection.ask("incr counter 1 noreply")
        connection.ask(f"get {key}", f"VALUE {key} 0 {len(value)}", value, "END")


first = Connection()
first.ask("add counter 0 0 1\r\n0", "STORED")
before = first.statistics()
threads = [threading.Thread(target=load, args=(number,)) for number in range(CONNECTIONS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
after = first.statistics()
for name in ("cmd_set", "get_hits", "get_misses", "incr_hits"):
    print(name, int(after[name]) - int(before[name]))
print("curr_items", after["curr_items"])
counter = str(CONNECTIONS * ROUNDS)
first.ask("get counter", f"VALUE counter 0 {len(counter)}", counter, "END")
print("counter", counter)
sys.exit("\n".join(failures[:10]) or 0)
