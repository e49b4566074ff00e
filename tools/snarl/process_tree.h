/* Who is whose child, from /proc. One pass over the processes of the machine per question. */
#ifndef SNARL_PROCESS_TREE_H
#define SNARL_PROCESS_TREE_H

#include <sys/types.h>

/* Calls `each` for the children of `parent`, zombies left out. */
void snarl_process_children(pid_t parent, void (*each)(pid_t pid, void *context), void *context);

/* The same for its children, their children, and so on; not for `ancestor` itself. */
void snarl_process_descendants(pid_t ancestor, void (*each)(pid_t pid, void *context),
                               void *context);

#endif
