"""Locks of threading, in cases by name: orders that can deadlock, and what is no lock at all."""
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor


def in_turn(first, second):
    """One after the other, in threads that are alive together."""
    turns = [threading.Event() for _ in range(3)]

    def run(act, mine):
        turns[mine].wait()
        act()
        turns[mine + 1].set()
        turns[2].wait()

    threads = [threading.Thread(target=run, args=(act, i)) for i, act in enumerate((first, second))]
    for thread in threads:
        thread.start()
    turns[0].set()
    for thread in threads:
        thread.join()


def two_locks():
    alice, bob = threading.Lock(), threading.Lock()

    def pay():
        with alice:
            with bob:
                pass

    def refund():
        with bob:
            with alice:
                pass

    return alice, bob, pay, refund


def abba():
    _, _, pay, refund = two_locks()
    in_turn(pay, refund)


def one_order():
    _, _, pay, _ = two_locks()
    in_turn(pay, pay)


def abba_with_timeout():
    alice, bob, pay, _ = two_locks()

    def refund():
        with bob:
            assert alice.acquire(timeout=100)
            alice.release()

    in_turn(pay, refund)


def polled():
    alice, _, pay, refund = two_locks()
    in_turn(pay, refund)
    with alice:
        assert not alice.acquire(blocking=False)


def signal():
    """Locks that others release: signals."""
    alice, bob, pay, refund = two_locks()
    for lock in alice, bob:
        lock.acquire()
        thread = threading.Thread(target=lock.release)
        thread.start()
        thread.join()
    in_turn(pay, refund)


def condition():
    condition, ready = threading.Condition(), []

    def wait():
        with condition:
            condition.wait_for(lambda: len(ready) >= 50)

    def notify():
        for i in range(50):
            with condition:
                ready.append(i)
                condition.notify_all()

    in_turn(lambda: None, lambda: None)
    threads = [threading.Thread(target=act) for act in (wait, wait, notify)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def queues():
    there, back = queue.Queue(maxsize=2), queue.SimpleQueue()

    def work():
        while (item := there.get()) is not None:
            back.put(item)
            there.task_done()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for i in range(100):
        there.put(i)
    there.join()
    for _ in threads:
        there.put(None)
    for thread in threads:
        thread.join()
    assert sorted(back.get() for _ in range(100)) == list(range(100))


def events():
    first, second = threading.Event(), threading.Event()

    def play(mine, other):
        for _ in range(50):
            mine.wait()
            mine.clear()
            other.set()

    threads = [threading.Thread(target=play, args=pair)
               for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    first.set()
    for thread in threads:
        thread.join()


def pools():
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda n: n * n, range(100))) == [n * n for n in range(100)]
        assert not pool.submit(threading.Event().wait, 0.001).result()


def barriers():
    barrier = threading.Barrier(3)

    def arrive():
        for _ in range(20):
            barrier.wait()

    threads = [threading.Thread(target=arrive) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def semaphores():
    """Of first value 1, used as a signal."""
    there, back = threading.Semaphore(1), threading.Semaphore(0)

    def play():
        for _ in range(50):
            there.acquire()
            back.release()

    thread = threading.Thread(target=play)
    thread.start()
    for _ in range(50):
        back.acquire()
        there.release()
    thread.join()


def recursive():
    alice, bob = threading.RLock(), threading.Lock()

    def pay():
        with alice, alice, bob:
            pass

    def refund():
        with bob, alice:
            pass

    in_turn(pay, refund)


globals()[sys.argv[1].replace("-", "_")]()
print("granted")
