/* GLib's locks: orders that can deadlock, deadlocks, and their twins. Needs no header of GLib's. */
#include "sides.h"

/* As glib.h has them. */
typedef union {
    void *p;
    unsigned i[2];
} GMutex;
typedef struct {
    void *p;
    unsigned i[2];
} GRecMutex, GRWLock, GCond;
typedef struct {
    int status;
    void *retval;
} GOnce;

void g_mutex_init(GMutex *mutex);
void g_mutex_clear(GMutex *mutex);
void g_mutex_lock(GMutex *mutex);
int g_mutex_trylock(GMutex *mutex);
void g_mutex_unlock(GMutex *mutex);
void g_rec_mutex_lock(GRecMutex *mutex);
int g_rec_mutex_trylock(GRecMutex *mutex);
void g_rec_mutex_unlock(GRecMutex *mutex);
void g_rw_lock_writer_lock(GRWLock *lock);
void g_rw_lock_writer_unlock(GRWLock *lock);
void g_rw_lock_reader_lock(GRWLock *lock);
void g_rw_lock_reader_unlock(GRWLock *lock);
void g_cond_wait(GCond *condition, GMutex *mutex);
int g_cond_wait_until(GCond *condition, GMutex *mutex, int64_t deadline);
void g_cond_signal(GCond *condition);
void g_cond_broadcast(GCond *condition);
void *g_once_impl(GOnce *once, void *(*function)(void *), void *argument);
int g_once_init_enter(void *location);
void g_once_init_leave(void *location, size_t value);
int64_t g_get_monotonic_time(void);

static GMutex alice, bob;
static GRecMutex deep, deeper;
static GRWLock table, list;
static GCond changed;
static GOnce settings;
static size_t location;

static void pay(void)
{
    g_mutex_lock(&alice);
    g_mutex_lock(&bob);
    g_mutex_unlock(&bob);
    g_mutex_unlock(&alice);
}
static void refund(void)
{
    g_mutex_lock(&bob);
    g_mutex_lock(&alice);
    g_mutex_unlock(&alice);
    g_mutex_unlock(&bob);
}
static void try_refund(void)
{
    g_mutex_lock(&bob);
    MUST(g_mutex_trylock(&alice));
    g_mutex_unlock(&alice);
    g_mutex_unlock(&bob);
}
static void abba(void)
{
    in_turn(pay, refund);
}
static void one_order(void)
{
    in_turn(pay, pay);
}
static void tried(void)
{
    in_turn(pay, try_refund);
}
static void pay_and_clear(void)
{
    pay();
    g_mutex_clear(&alice);
    g_mutex_init(&alice);
}
static void cleared_between(void)
{
    in_turn(pay_and_clear, refund);
}

static void wait_with_both(void)
{
    g_mutex_lock(&bob);
    g_mutex_lock(&alice);
    MUST(!g_cond_wait_until(&changed, &bob, g_get_monotonic_time()));
    g_mutex_unlock(&alice);
    g_mutex_unlock(&bob);
}
static void wait_with_bob(void)
{
    g_mutex_lock(&bob);
    MUST(!g_cond_wait_until(&changed, &bob, g_get_monotonic_time()));
    g_mutex_lock(&alice);
    g_mutex_unlock(&alice);
    g_mutex_unlock(&bob);
}
static void condition(void)
{
    in_turn(wait_with_both, refund);
}
static void condition_alone(void)
{
    in_turn(wait_with_bob, refund);
}

static bool flag;

static void set_flag(void)
{
    g_mutex_lock(&alice);
    flag = true;
    g_cond_signal(&changed);
    g_cond_broadcast(&changed);
    g_mutex_unlock(&alice);
}
static void await_flag(void)
{
    g_mutex_lock(&alice);
    while (!flag)
        g_cond_wait(&changed, &alice);
    g_mutex_unlock(&alice);
}
static void signalled(void)
{
    together(await_flag, set_flag);
}

static void go_deep(void)
{
    g_rec_mutex_lock(&deep);
    g_rec_mutex_lock(&deep);
    g_rec_mutex_unlock(&deep);
    g_rec_mutex_lock(&deeper); /* deep is held still */
    g_rec_mutex_unlock(&deeper);
    g_rec_mutex_unlock(&deep);
}
static void go_deep_back(void)
{
    g_rec_mutex_lock(&deeper);
    g_rec_mutex_lock(&deep);
    g_rec_mutex_unlock(&deep);
    g_rec_mutex_unlock(&deeper);
}
static void try_deep_back(void)
{
    g_rec_mutex_lock(&deeper);
    MUST(g_rec_mutex_trylock(&deep));
    g_rec_mutex_unlock(&deep);
    g_rec_mutex_unlock(&deeper);
}
static void recursive(void)
{
    in_turn(go_deep, go_deep_back);
}
static void recursive_tried(void)
{
    in_turn(go_deep, try_deep_back);
}

static void write_and_read(void)
{
    g_rw_lock_writer_lock(&table);
    g_rw_lock_reader_lock(&list);
    g_rw_lock_reader_unlock(&list);
    g_rw_lock_writer_unlock(&table);
}
static void write_and_read_back(void)
{
    g_rw_lock_writer_lock(&list);
    g_rw_lock_reader_lock(&table);
    g_rw_lock_reader_unlock(&table);
    g_rw_lock_writer_unlock(&list);
}
static void read_and_read(void)
{
    g_rw_lock_reader_lock(&table);
    g_rw_lock_reader_lock(&list);
    g_rw_lock_reader_unlock(&list);
    g_rw_lock_reader_unlock(&table);
}
static void read_and_read_back(void)
{
    g_rw_lock_reader_lock(&list);
    g_rw_lock_reader_lock(&table);
    g_rw_lock_reader_unlock(&table);
    g_rw_lock_reader_unlock(&list);
}
static void writers(void)
{
    in_turn(write_and_read, write_and_read_back);
}
static void readers(void)
{
    in_turn(read_and_read, read_and_read_back);
}

static void *load_settings(void *unused)
{
    g_mutex_lock(&alice);
    g_mutex_unlock(&alice);
    return unused;
}
static void do_once(void)
{
    g_once_impl(&settings, load_settings, NULL);
}
static void init_once(void)
{
    if (g_once_init_enter(&location)) {
        g_mutex_lock(&alice);
        g_mutex_unlock(&alice);
        g_once_init_leave(&location, 1);
    }
}

static void *meet_and_load_settings(void *unused)
{
    meet();
    return load_settings(unused);
}
static void live_do_once(void)
{
    g_once_impl(&settings, meet_and_load_settings, NULL);
}
static void live_lock_and_do_once(void)
{
    g_mutex_lock(&alice);
    meet();
    g_once_impl(&settings, meet_and_load_settings, NULL);
    g_mutex_unlock(&alice);
}
static void live_once(void)
{
    together(live_do_once, live_lock_and_do_once);
}
static void live_init_once(void)
{
    if (g_once_init_enter(&location)) {
        meet();
        g_mutex_lock(&alice);
        g_mutex_unlock(&alice);
        g_once_init_leave(&location, 1);
    }
}
static void live_lock_and_init_once(void)
{
    g_mutex_lock(&alice);
    meet();
    if (g_once_init_enter(&location))
        g_once_init_leave(&location, 1);
    g_mutex_unlock(&alice);
}
static void live_init(void)
{
    together(live_init_once, live_lock_and_init_once);
}

static void lock_and_do_once(void)
{
    g_mutex_lock(&alice);
    g_once_impl(&settings, load_settings, NULL);
    g_mutex_unlock(&alice);
}
static void lock_and_init_once(void)
{
    g_mutex_lock(&alice);
    MUST(!g_once_init_enter(&location));
    g_mutex_unlock(&alice);
}
static void once(void)
{
    in_turn(do_once, lock_and_do_once);
}
static void init(void)
{
    in_turn(init_once, lock_and_init_once);
}
static void once_one_order(void)
{
    in_turn(do_once, do_once);
}

static void live_pay(void)
{
    g_mutex_lock(&alice);
    meet();
    g_mutex_lock(&bob);
}
static void live_refund(void)
{
    g_mutex_lock(&bob);
    meet();
    g_mutex_lock(&alice);
}
static void live_abba(void)
{
    together(live_pay, live_refund);
}
static void relock(void)
{
    g_mutex_lock(&alice);
    g_mutex_lock(&alice);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"abba", abba},
        {"one-order", one_order},
        {"tried", tried},
        {"cleared-between", cleared_between},
        {"condition", condition},
        {"condition-alone", condition_alone},
        {"signalled", signalled},
        {"recursive", recursive},
        {"recursive-tried", recursive_tried},
        {"writers", writers},
        {"readers", readers},
        {"once", once},
        {"init", init},
        {"once-one-order", once_one_order},
        {"live-abba", live_abba},
        {"relock", relock},
        {"live-once", live_once},
        {"live-init", live_init},
    };
    return RUN_SIDES(cases);
}
