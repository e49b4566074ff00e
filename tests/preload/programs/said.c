/* What programs say of locks that are watched anyway: orders, names, forgiveness. */
#include "annotated.h"

static pthread_mutex_t first_mutex = PTHREAD_MUTEX_INITIALIZER,
                       second_mutex = PTHREAD_MUTEX_INITIALIZER,
                       third_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Forgiveness. */

static void forgiven_refund(void)
{
    SNARL_FORGIVE_BEGIN();
    refund();
    SNARL_FORGIVE_END();
}
static void forgiven_within(void)
{
    SNARL_FORGIVE_BEGIN();
    SNARL_FORGIVE_BEGIN();
    SNARL_FORGIVE_END();
    refund();
    SNARL_FORGIVE_END();
    SNARL_FORGIVE_END(); /* one too many does nothing */
}
static void forgiven_at_first(void)
{
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            SNARL_FORGIVE_BEGIN();
        refund();
        SNARL_FORGIVE_END();
    }
}
static void forgiven(void)
{
    in_turn(pay, forgiven_refund);
}
static void forgiven_nested(void)
{
    in_turn(pay, forgiven_within);
}
static void forgiven_once(void)
{
    in_turn(pay, forgiven_at_first);
}
static void forgive(void)
{
    SNARL_FORGIVE_BEGIN();
}
static void forgiven_elsewhere(void)
{
    side_start(forgive, refund, pay, true);
}

/* Orders. */

static void in_order(void)
{
    lock(&first_mutex);
    lock(&second_mutex);
    unlock(&second_mutex);
    unlock(&first_mutex);
}
static void against_order(void)
{
    lock(&second_mutex);
    lock(&first_mutex);
    unlock(&first_mutex);
    unlock(&second_mutex);
}
static void third_before_first(void)
{
    lock(&third_mutex);
    lock(&first_mutex);
    unlock(&first_mutex);
    unlock(&third_mutex);
}
static void declare(void)
{
    SNARL_ORDER(&first_mutex, &second_mutex);
}
static void ordered_against(void)
{
    declare();
    against_order();
}
static void ordered_late(void)
{
    against_order();
    declare();
}
static void ordered_kept(void)
{
    for (int i = 0; i < 1000; i++)
        declare();
    in_turn(in_order, in_order);
}
static void ordered_not(void)
{
    against_order();
}
static void ordered_transitively(void)
{
    declare();
    SNARL_ORDER(&second_mutex, &third_mutex);
    third_before_first();
}
static void ordered_both_ways(void)
{
    declare();
    SNARL_ORDER(&second_mutex, &first_mutex);
}
static void ordered_and_taken(void)
{
    declare();
    in_turn(against_order, in_order);
}
static void ordered_own(void)
{
    SNARL_ORDER(&bob, &alice);
    pay();
}
static void ordered_before_init(void)
{
    static pthread_mutex_t outer, inner;
    SNARL_ORDER(&outer, &inner);
    MUST(pthread_mutex_init(&outer, NULL) == 0);
    MUST(pthread_mutex_init(&inner, NULL) == 0);
    lock(&inner);
    lock(&outer);
    unlock(&outer);
    unlock(&inner);
}

/* Names: of mutexes on the heap, which have none of their own. */

static pthread_mutex_t *left, *right;

static void left_first(void)
{
    lock(left);
    lock(right);
    unlock(right);
    unlock(left);
}
static void right_first(void)
{
    lock(right);
    lock(left);
    unlock(left);
    unlock(right);
}
static void make_both(void)
{
    left = malloc(sizeof *left);
    right = malloc(sizeof *right);
    MUST(left != NULL && right != NULL);
    MUST(pthread_mutex_init(left, NULL) == 0 && pthread_mutex_init(right, NULL) == 0);
}
static void name(pthread_mutex_t *mutex, const char *side, int number)
{
    char text[32];
    snprintf(text, sizeof text, "the %s one[%d]", side, number);
    SNARL_NAME(mutex, text);
    memset(text, 0, sizeof text);
}
static void named(void)
{
    make_both();
    name(left, "left", 3);
    name(right, "right", 4);
    in_turn(left_first, right_first);
}
static void named_late(void)
{
    make_both();
    in_turn(left_first, right_first);
    name(left, "left", 1);
    name(left, "left", 3);
    name(right, "right", 4);
}
static void named_often(void)
{
    make_both();
    in_turn(left_first, right_first);
    for (int i = 0; i < 1000; i++)
        name(left, "left", 3);
    name(right, "right", 4);
}
static void named_alike(void)
{
    make_both();
    name(left, "same", 1);
    name(right, "same", 1);
    in_turn(left_first, right_first);
}
static void named_not(void)
{
    make_both();
    in_turn(left_first, right_first);
}
static void named_before_use(void)
{
    name(&first_mutex, "left", 3);
    in_turn(in_order, against_order);
}
/* The name went with the lock. */
static void named_former(void)
{
    make_both();
    name(left, "left", 3);
    name(right, "right", 4);
    pthread_mutex_t *former[] = {left, right};
    free(left);
    free(right);
    right = malloc(sizeof *right);
    left = malloc(sizeof *left);
    MUST((left == former[0] && right == former[1]) || (left == former[1] && right == former[0]));
    MUST(pthread_mutex_init(left, NULL) == 0 && pthread_mutex_init(right, NULL) == 0);
    in_turn(left_first, right_first);
}
static void live_right(void)
{
    lock(right);
    meet();
    lock(left);
}
static void live_left(void)
{
    lock(left);
    meet();
    lock(right);
}
static void named_live(void)
{
    make_both();
    name(left, "left", 3);
    name(right, "right", 4);
    together(live_left, live_right);
}

static void both_in_turn(void)
{
    in_turn(left_first, right_first);
}
static void named_by_parent(void)
{
    make_both();
    name(left, "left", 3);
    name(right, "right", 4);
    fork_and(both_in_turn);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"forgiven", forgiven},
        {"forgiven-nested", forgiven_nested},
        {"forgiven-once", forgiven_once},
        {"forgiven-elsewhere", forgiven_elsewhere},
        {"ordered-against", ordered_against},
        {"ordered-late", ordered_late},
        {"ordered-kept", ordered_kept},
        {"ordered-not", ordered_not},
        {"ordered-transitively", ordered_transitively},
        {"ordered-both-ways", ordered_both_ways},
        {"ordered-and-taken", ordered_and_taken},
        {"ordered-own", ordered_own},
        {"ordered-before-init", ordered_before_init},
        {"named", named},
        {"named-late", named_late},
        {"named-often", named_often},
        {"named-alike", named_alike},
        {"named-not", named_not},
        {"named-before-use", named_before_use},
        {"named-former", named_former},
        {"named-live", named_live},
        {"named-by-parent", named_by_parent},
    };
    return RUN_SIDES(cases);
}
