#include "preload/wake.h"

#include "preload/misuse.h"
#include "preload/session.h"

void snarl_wake_slow(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site,
                     uint32_t wake)
{
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    uint32_t object = snarl_object_id(self, thing, false);
    snarl_session_unlock();
    if (object != 0)
        snarl_wake_note(self, thing.address, (struct snarl_row_wake){object, stack, wake, 0});
    snarl_misuse_settle(self, thing, site);
    if (wake != SNARL_ARRIVES)
        snarl_orders_give(self, thing);
    snarl_leave(self, entry);
}

void snarl_wakes_write(struct snarl_thread *self)
{
    for (uint32_t i = 0; i < SNARL_ROW_WAKES; i++) {
        const struct snarl_row_wake *wake = &self->row->wakes[i];
        const struct snarl_object *object =
            wake->object != 0 ? snarl_object_known(self->woken[i]) : NULL;
        if (object == NULL || object->lock != wake->object)
            continue;
        snarl_object_at(self, (struct snarl_thing){object->address, object->kind}, true);
        struct snarl_fact_wake fact = {.header.kind = SNARL_FACT_WAKE,
                                       .thread = self->id,
                                       .object = wake->object,
                                       .stack = wake->stack,
                                       .wake = wake->wake};
        struct iovec part = {&fact, sizeof fact};
        snarl_session_write(&part, 1);
    }
}
