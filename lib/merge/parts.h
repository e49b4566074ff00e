/* What the files of merging share: the items of a merged recording. Private to merge*.c. */
#ifndef SNARL_MERGE_PARTS_H
#define SNARL_MERGE_PARTS_H

#include "analysis/loaded.h"
#include "base/table.h"
#include "merge/merge.h"

/* A hash of 128 bits over what an item is: the same content, the same name. */
struct snarl_merged_name {
    uint64_t words[2];
};

/* The name of "nothing yet" for a kind of item. */
struct snarl_merged_name snarl_merged_name_begin(uint64_t kind);
void snarl_merged_name_add(struct snarl_merged_name *, uint64_t word);
void snarl_merged_name_add_name(struct snarl_merged_name *, const struct snarl_merged_name *);
void snarl_merged_name_add_bytes(struct snarl_merged_name *, const void *bytes, size_t size);

/* The beginning of every item. */
struct snarl_merged_item {
    struct snarl_merged_name name;
    uint32_t serial; /* from 1, as it was met: what others refer to it by, in memory */
    uint32_t number; /* in the file, from 1, by names; 0 for what is not written */
    bool used;       /* while writing: something that is written refers to it */
    UT_hash_handle by_name;
};

struct snarl_merged_items {
    struct snarl_merged_item *by_name;
    struct snarl_merged_item **items; /* by serial; [0] unused */
    uint32_t count;
};

struct snarl_merged_module {
    struct snarl_merged_item item;
    const char *path; /* the least, where several machines differ */
    uint32_t build_id_size;
    uint8_t build_id[32];
    uint64_t start, end; /* as the ELF file counts */
    uint64_t base;       /* while writing: what is added to that */
};

struct snarl_merged_frame {
    uint32_t module; /* serial; 0 for code that is in no file */
    uint64_t offset;
};

struct snarl_merged_stack {
    struct snarl_merged_item item;
    uint32_t count;
    struct snarl_merged_frame frames[];
};

struct snarl_merged_lock {
    struct snarl_merged_item item;
    uint32_t kind, flags, value;
    uint32_t ordinal;              /* of those made at the same place */
    uint32_t executable;           /* module; 0 where unknown */
    uint32_t module;               /* of a static one; else 0 */
    uint64_t offset;               /* ... and where in it */
    uint32_t created, first_taken; /* stacks: the one with the least name, where runs differ */
    uint32_t changes;              /* bits by enum snarl_lock_change */
    const char *told;              /* the name that the program gives it; NULL for none */
};

/* The place, from 1, of what is no thread, but an order that the program has declared. */
#define SNARL_MERGED_DECLARED UINT32_MAX

/* Content as words, and its name. The words refer to items by serials, the name by names. */
struct snarl_merged_text {
    uint32_t *words;
    size_t count, capacity;
    struct snarl_merged_name name;
};

struct snarl_merged_words {
    struct snarl_merged_item item;
    size_t count;
    uint32_t *words;
};

/* How the threads of one program came and went, and the runs in which they did. */
struct snarl_merged_shape {
    struct snarl_merged_words content;     /* see shape.c */
    char (*thread_names)[SNARL_NAME_SIZE]; /* "" for none: the least, where runs differ */
    uint32_t thread_count;
    struct snarl_merged_items runs; /* struct snarl_merged_words, see run.c */
};

struct snarl_merge {
    struct snarl_arena arena;
    struct snarl_merged_items modules, stacks, locks, shapes;
    uint32_t losses; /* bits by enum snarl_loss */
    struct snarl_merged_text shape_text, run_text;
};

/* Item tables: an item by its name, or NULL; a new one of `size` bytes, zeros but for the name. */
struct snarl_merged_item *snarl_merged_find(const struct snarl_merged_items *,
                                            const struct snarl_merged_name *);
void *snarl_merged_new(struct snarl_merge *, struct snarl_merged_items *,
                       const struct snarl_merged_name *, size_t size);
int snarl_merged_compare(const struct snarl_merged_name *, const struct snarl_merged_name *);

/* Memory as long as the merge, or as a recording's reading; never NULL. */
void *snarl_merged_allocate(struct snarl_arena *, size_t size);

void snarl_merged_text_begin(struct snarl_merged_text *, uint64_t kind);
void snarl_merged_text_add(struct snarl_merged_text *, uint32_t word);
/* A reference: the serial as the word, the name of the item for the name; 0 for none. */
void snarl_merged_text_refer(struct snarl_merged_text *, const struct snarl_merged_items *,
                             uint32_t serial);

/* A thread of a recording that is being taken in. */
struct snarl_merged_thread {
    uint32_t id; /* in the recording */
    const struct snarl_fact_thread *fact;
    size_t modules_then;
    struct snarl_merged_thread *parent; /* NULL for none */
    struct snarl_merged_name name, class;
    uint32_t depth; /* of parents */
    uint32_t ordinal, like;
    bool main;
    bool kept;
    uint32_t place; /* in the shape, from 0 */
    UT_hash_handle by_id;
};

struct snarl_merged_known; /* private: the serial of an id */

/* Facts of orders between threads, as they came; and where these cut the threads' lives. */
struct snarl_merged_orders {
    const struct snarl_fact_header **facts;
    size_t count, capacity;
    uint64_t *cuts; /* each a thread's place, and the segment that ends there; sorted */
    size_t cut_count, cut_capacity;
};

/* A recording that is being taken in. */
struct snarl_merge_reading {
    struct snarl_merge *merge;
    struct snarl_loaded loaded;
    struct snarl_arena arena; /* as long as the reading */
    struct snarl_merged_known *known_stacks, *known_locks;
    bool locks_ordered;  /* the ordinals of the locks are known */
    uint32_t executable; /* module: of what follows */
    /* The shape at hand. */
    struct snarl_merged_thread *threads; /* by id */
    struct snarl_merged_thread **in_order;
    size_t thread_count;
    struct snarl_merged_orders orders;
    /* The run at hand: facts, as they came. */
    const struct snarl_fact_header **deeds;
    size_t deed_count;
};

/* A lock that is held: the lock, its stack, whether it is shared. */
void snarl_merged_add_held(struct snarl_merge_reading *, struct snarl_merged_text *,
                           const struct snarl_held *held);

/* Serials of what the recording knows by an id; 0 for 0, and for what it does not describe. */
uint32_t snarl_merged_stack_of(struct snarl_merge_reading *, uint32_t stack);
uint32_t snarl_merged_lock_of(struct snarl_merge_reading *, uint32_t lock);
uint32_t snarl_merged_module_of(struct snarl_merge_reading *,
                                const struct snarl_fact_module *module);
/* ... for a program of which the recording has no module. */
uint32_t snarl_merged_module_by_path(struct snarl_merge_reading *, const char *path);

/* Where an address lies. */
struct snarl_merged_frame snarl_merged_frame_of(struct snarl_merge_reading *, uint64_t address,
                                                size_t modules_then, bool is_return_address);

/* Gives the locks of an ordinary recording their ordinals; before any is asked for. */
void snarl_merged_order_locks(struct snarl_merge_reading *);

/* Adds a thread to the shape at hand; then says how each of them came about. */
void snarl_merged_add_thread(struct snarl_merge_reading *, const struct snarl_fact_thread *);
void snarl_merged_identify_threads(struct snarl_merge_reading *);
struct snarl_merged_thread *snarl_merged_thread_of(const struct snarl_merge_reading *,
                                                   uint32_t thread);

/* The shape at hand, once it is known which threads have a part in the run (`kept`); takes away
 * those that need not be kept, and gives the others their places. */
struct snarl_merged_shape *snarl_merged_take_shape(struct snarl_merge_reading *);

/* Orders between the threads of the shape at hand: taken in; the threads that have a part in them
 * kept, the second where one more was; told in the shape's words, after the threads have places and
 * their lives are cut. */
void snarl_merged_add_order(struct snarl_merge_reading *, const struct snarl_fact_header *);
void snarl_merged_keep_ordered(struct snarl_merge_reading *);
bool snarl_merged_keep_joiners(struct snarl_merge_reading *);
void snarl_merged_cut_lives(struct snarl_merge_reading *);
void snarl_merged_describe_orders(struct snarl_merge_reading *, struct snarl_merged_text *);

/* A segment of a thread, counted anew. */
uint32_t snarl_merged_segment(const struct snarl_merge_reading *,
                              const struct snarl_merged_thread *, uint32_t segment);

/* Marks the threads that have a part in the run at hand; then takes in the run. */
void snarl_merged_mark_threads(struct snarl_merge_reading *);
void snarl_merged_take_run(struct snarl_merge_reading *, struct snarl_merged_shape *);

#endif
