"""Threads, queues, conditions and a pool: what Python programs do."""
import concurrent.futures
import queue
import threading

numbers = queue.Queue(maxsize=10)
total = 0
lock = threading.Lock()


def produce():
    for number in range(1000):
        numbers.put(number)


def consume():
    global total
    for _ in range(1000):
        number = numbers.get()
        with lock:
            total += number


threads = [threading.Thread(target=f) for f in (produce, consume) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

with concurrent.futures.ThreadPoolExecutor(8) as pool:
    squares = sum(pool.map(lambda number: number * number, range(1000)))
print(total, squares)
