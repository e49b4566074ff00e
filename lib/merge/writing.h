/* What the files of writing a merged recording share. Private to merge_write*.c. */
#ifndef SNARL_MERGE_WRITING_H
#define SNARL_MERGE_WRITING_H

#include "merge/parts.h"

struct snarl_merge_writing {
    struct snarl_merge *merge;
    FILE *stream; /* NULL: only look what is used */
    struct snarl_merged_item **modules, **stacks, **locks, **shapes; /* by number, from 0 */
    size_t module_count, stack_count, lock_count, shape_count;
    const struct snarl_merged_shape *shape; /* at hand */
    uint32_t last_shape, last_run, last_thread, last_dependency;
    uint32_t first_thread; /* of the shape at hand */
    struct snarl_held *held;
    uint32_t room;
};

/* One fact, in two parts one behind the other, the first beginning with its header. Nothing where
 * there is no stream. */
void snarl_merged_put(const struct snarl_merge_writing *, void *fact, size_t size, const void *rest,
                      size_t rest_size);

/* The number of an item, by its serial, which is then used; 0 for 0. */
uint32_t snarl_merged_stack_number(const struct snarl_merge_writing *, uint32_t serial);
uint32_t snarl_merged_lock_number(const struct snarl_merge_writing *, uint32_t serial);
uint32_t snarl_merged_module_number(const struct snarl_merge_writing *, uint32_t serial);
uint64_t snarl_merged_address(const struct snarl_merge_writing *, uint32_t module, uint64_t offset);

/* The items that are used, or `all`, by their names, numbered. The caller frees the array. */
struct snarl_merged_item **snarl_merged_number(const struct snarl_merged_items *, bool all,
                                               size_t *count);

/* Walks over the shapes and their runs: sees what is used, or writes them. */
void snarl_merged_put_shapes(struct snarl_merge_writing *);

#endif
