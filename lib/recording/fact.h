/* What every fact of a recording begins with; see layout.h. */
#ifndef SNARL_RECORDING_FACT_H
#define SNARL_RECORDING_FACT_H

#include <stdint.h>

struct snarl_fact_header {
    uint32_t kind; /* enum snarl_fact_kind */
    uint32_t size; /* of the whole fact, this header and padding included; a multiple of 8 */
};

#endif
