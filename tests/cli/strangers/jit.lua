-- Locks taken from machine code that was generated a moment ago: no unwind tables, no symbols.
local ffi = require "ffi"
ffi.cdef [[
typedef union { char size[40]; long align; } pthread_mutex_t;
int pthread_mutex_lock(pthread_mutex_t *);
int pthread_mutex_unlock(pthread_mutex_t *);
]]
local outer, inner = ffi.new "pthread_mutex_t", ffi.new "pthread_mutex_t"
local count = 0
for _ = 1, 100000 do
  ffi.C.pthread_mutex_lock(outer)
  ffi.C.pthread_mutex_lock(inner)
  count = count + 1
  ffi.C.pthread_mutex_unlock(inner)
  ffi.C.pthread_mutex_unlock(outer)
end
print(count)
