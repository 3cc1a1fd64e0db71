# Sanitizers by name: ADJ_SANITIZE is empty, "address" (with undefined behaviour) or "thread". A finding ends the process,
# so that a test that trips one fails. Its report needs functions and lines, which -g1 keeps, and no types or
# variables. To add a sanitizer, add a branch here and a preset in native/CMakePresets.json.
#
# UndefinedBehaviorSanitizer's checks of null and of object sizes are left out: AddressSanitizer finds what they would,
# and the largest kernels compile a fifth faster without.

set(ADJ_SANITIZE "" CACHE STRING "Sanitizer of the build: empty, address or thread")
set_property(CACHE ADJ_SANITIZE PROPERTY STRINGS "" address thread)

function(adjoint_sanitize target)
  if(ADJ_SANITIZE STREQUAL "address")
    set(flags -fsanitize=address,undefined -fno-sanitize=null,object-size -fno-sanitize-recover=all
      -fno-omit-frame-pointer -g1)
  elseif(ADJ_SANITIZE STREQUAL "thread")
    set(flags -fsanitize=thread -fno-omit-frame-pointer -g1)
  elseif(ADJ_SANITIZE)
    message(FATAL_ERROR "ADJ_SANITIZE is '${ADJ_SANITIZE}': use address, thread, or nothing")
  endif()
  target_compile_options(${target} PRIVATE ${flags})
  target_link_options(${target} PRIVATE ${flags})
endfunction()

# adjoint_sanitize_kernels(<target>): for loops over memory of others, a third of whose time to compile goes into checks
# of each address: whether it is aligned (vectors are read from anywhere) and whether its sum overflowed (what is outside,
# AddressSanitizer finds). What computes offsets and sizes is checked in full.
function(adjoint_sanitize_kernels target)
  if(ADJ_SANITIZE STREQUAL "address")
    target_compile_options(${target} PRIVATE -fno-sanitize=alignment,pointer-overflow)
  endif()
endfunction()
